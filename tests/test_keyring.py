"""Keys for data at rest: what they lock, only they open, only in its place."""

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.keyring import BadKey, Keyring, load_or_create_keyring, parse_keys

OLD, NEW, OTHER = (base64.urlsafe_b64encode(bytes([n]) * 32).decode() for n in (1, 2, 3))
RING = parse_keys(OLD)
PLACE = "check_ins.note:abc"


@given(st.text())
def test_what_is_locked_opens_again_and_cannot_be_read(text: str) -> None:
    value = RING.lock(text, PLACE)
    assert RING.unlock(value, PLACE) == text
    assert len(text) < 4 or text not in value


def test_the_same_text_is_never_locked_alike() -> None:
    assert RING.lock("numb", PLACE) != RING.lock("numb", PLACE)


def test_every_changed_bit_is_noticed() -> None:
    key_id, _, body = RING.lock("numb", PLACE).partition(".")
    raw = base64.urlsafe_b64decode(body)
    for place in range(len(raw)):
        changed = bytes(byte ^ (1 if at == place else 0) for at, byte in enumerate(raw))
        with pytest.raises(BadKey):
            RING.unlock(f"{key_id}.{base64.urlsafe_b64encode(changed).decode()}", PLACE)


@pytest.mark.parametrize(
    "value", ["", ".", "plain text", "{id}.", "{id}.AAAA", "{id}.A", "{id}.****", "{id}.ü", "nokey.AAAA"]
)
def test_what_was_never_locked_is_refused(value: str) -> None:
    with pytest.raises(BadKey):
        RING.unlock(value.replace("{id}", RING.keys[0][0]), PLACE)


@pytest.mark.parametrize("place", ["check_ins.note:abd", "reactions.what:abc", "check_ins.note", ""])
def test_a_value_opens_only_where_it_was_locked(place: str) -> None:
    with pytest.raises(BadKey):
        RING.unlock(RING.lock("numb", PLACE), place)


def test_a_new_key_in_front_locks_and_the_old_one_still_opens() -> None:
    both, value = parse_keys(f"{NEW},{OLD}"), RING.lock("numb", PLACE)
    assert both.unlock(value, PLACE) == "numb"
    assert parse_keys(NEW).unlock(both.lock("new", PLACE), PLACE) == "new"
    assert both.fingerprint("ana@example.org") == RING.fingerprint("ana@example.org")


@pytest.mark.parametrize("keys", [NEW, OTHER, f"{NEW},{OTHER}"])
def test_other_keys_refuse_and_say_what_to_do(keys: str) -> None:
    with pytest.raises(BadKey, match="COMPANION_DATA_KEYS"):
        parse_keys(keys).unlock(RING.lock("numb", PLACE), PLACE)


def test_a_fingerprint_needs_the_key() -> None:
    assert RING.fingerprint("ana@example.org") != parse_keys(NEW).fingerprint("ana@example.org")
    assert RING.fingerprint("ana@example.org") != RING.fingerprint("ben@example.org")
    assert "ana" not in RING.fingerprint("ana@example.org")


@pytest.mark.parametrize("text", [f"{NEW},{OLD}", f"{NEW}\n{OLD}\n", f" {NEW} ,, {OLD} "])
def test_keys_are_read_with_commas_or_lines(text: str) -> None:
    assert parse_keys(text) == Keyring(parse_keys(NEW).keys + parse_keys(OLD).keys)


def test_both_alphabets_of_base64_are_the_same_key() -> None:
    key = bytes([251, 239, 255]) * 10 + b"ab"
    assert "+" in base64.b64encode(key).decode()
    assert parse_keys(base64.b64encode(key).decode()) == parse_keys(base64.urlsafe_b64encode(key).decode())


def test_keys_come_from_the_setting_else_from_a_file_that_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "data_keys"
    assert load_or_create_keyring(OLD, path) == RING
    assert not path.exists()
    made = load_or_create_keyring(None, path)
    assert load_or_create_keyring("", path) == made
    assert path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["data_keys"]


@given(st.binary())
def test_pictures_are_locked_as_bytes_and_open_only_in_their_place(data: bytes) -> None:
    value = RING.lock_bytes(data, PLACE)
    assert RING.unlock_bytes(value, PLACE) == data
    assert len(data) < 4 or data not in value
    for wrong, place in [
        (value, "reactions.what:abc"),
        (value[:-1], PLACE),
        (value[:-1] + b"\0\0", PLACE),
        (b"", PLACE),
    ]:
        with pytest.raises(BadKey):
            RING.unlock_bytes(wrong, place)
