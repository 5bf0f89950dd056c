"""The deletion list: sealed lines that are only ever added, on the disk before anything is erased."""

import pytest

from companion.deletion_list import ACCOUNT, CIRCLE, KEPT, SESSION, SWEPT, DeletionList
from companion.keyring import BadKey, Keyring, parse_keys
from tests.exchange.filling import MOMENT
from tests.test_cli import OTHER_KEY

KEY = "A" * 43 + "="


@pytest.fixture
def ring():
    return parse_keys(KEY)


@pytest.fixture
def listed(tmp_path, ring):
    made = DeletionList(tmp_path / "list", ring)
    made.add([(CIRCLE, "the-circle"), (ACCOUNT, "the-account"), (SESSION, "a-hash")], MOMENT)
    return made


def test_what_is_written_is_read_again_and_only_once(listed):
    listed.add([(CIRCLE, "the-circle"), (KEPT, "asked")], MOMENT)
    assert [(one.what, one.ident) for one in listed.entries()] == [
        (CIRCLE, "the-circle"),
        (ACCOUNT, "the-account"),
        (SESSION, "a-hash"),
        (KEPT, "asked"),
    ]
    assert listed.idents(SESSION) == {"a-hash"}
    assert listed.path.stat().st_mode & 0o777 == 0o600
    assert b"the-circle" not in listed.path.read_bytes()


def test_it_says_whether_files_were_written_anew_since(listed, tmp_path, ring):
    assert DeletionList(tmp_path / "none", ring).is_swept()
    assert not listed.is_swept()
    listed.add([(SWEPT, "")], MOMENT)
    assert listed.is_swept()
    listed.add([(KEPT, "asked")], MOMENT)
    assert listed.is_swept()
    listed.add([(ACCOUNT, "another")], MOMENT)
    assert not listed.is_swept()


def test_half_a_line_is_as_if_never_written(listed):
    whole = listed.path.read_bytes()
    listed.path.write_bytes(whole + b"half of a line")
    assert len(listed.entries()) == 3
    listed.add([(CIRCLE, "next")], MOMENT)
    assert [one.ident for one in listed.entries()][-1] == "next"


def test_nothing_can_be_moved_left_out_or_opened_with_another_key(listed):
    lines = listed.path.read_bytes().splitlines(keepends=True)
    for broken in (lines[1:], [lines[1], lines[0], lines[2]], [lines[0], b"\xff\n"], [lines[0], b"word\n"]):
        listed.path.write_bytes(b"".join(broken))
        with pytest.raises(BadKey):
            listed.entries()
        with pytest.raises(BadKey):
            listed.add([(CIRCLE, "next")], MOMENT)
    listed.path.write_bytes(b"".join(lines))
    with pytest.raises(BadKey):
        DeletionList(listed.path, parse_keys(OTHER_KEY)).entries()


def test_a_new_key_seals_every_line(listed, ring):
    both = Keyring(parse_keys(OTHER_KEY).keys + ring.keys)
    rotated = DeletionList(listed.path, both)
    before = rotated.entries()
    assert rotated.seal_anew() == 3
    assert rotated.seal_anew() == 0
    assert DeletionList(listed.path, parse_keys(OTHER_KEY)).entries() == before
    rotated.add([(CIRCLE, "later")], MOMENT)
    assert len(DeletionList(listed.path, parse_keys(OTHER_KEY)).entries()) == 4
    assert DeletionList(listed.path.with_name("none"), both).seal_anew() == 0
