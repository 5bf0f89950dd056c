from datetime import UTC, datetime, timedelta, timezone

import pytest

from companion.domain.hash_chain import START, entry_hash

AT = datetime(2026, 11, 1, 12, 0, 0, 5, tzinfo=UTC)
ENTRY = {"previous": START, "chain": "c", "sequence": 1, "at": AT, "actor": "a", "verb": "v", "kind": "k"}
ENTRY["object_id"] = None


def test_the_hash_is_the_same_everywhere():
    assert entry_hash(**ENTRY) == "2e6f53a0552fe41e45584e3f6e4a4d26f58de58f159213fb2058d6477b708d0e"
    elsewhere = AT.astimezone(timezone(timedelta(hours=8)))
    assert entry_hash(**ENTRY | {"at": elsewhere}) == entry_hash(**ENTRY)


@pytest.mark.parametrize("name", sorted(ENTRY))
def test_everything_counts(name):
    other = {"sequence": 2, "at": AT + timedelta(microseconds=1)}.get(name, "other")
    assert entry_hash(**ENTRY | {name: other}) != entry_hash(**ENTRY)


def test_words_cannot_move_between_fields():
    assert entry_hash(**ENTRY | {"actor": "ab", "verb": "c"}) != entry_hash(**ENTRY | {"actor": "a", "verb": "bc"})
