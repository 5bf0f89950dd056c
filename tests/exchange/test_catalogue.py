"""Every table and column is exported, or named with the reason why not; nothing that lets anybody in is."""

import re

import pytest

from companion.exchange.queries.belonging import in_circle, names_account, tables
from companion.exchange.queries.catalogue import BY_ACCOUNT, LEFT_OUT, OF_ACCOUNT, OF_CIRCLE, kinds_of
from companion.exchange.words import TITLES

KINDS = {kind.table: kind for kind in (*OF_CIRCLE, *OF_ACCOUNT)}
LETS_IN = re.compile(r"hash|token|sealed|secret|p256dh|^auth|endpoint|private|code$|fingerprint|body|client_id")


def test_every_table_is_exported_or_named_with_a_reason():
    assert set(tables()) == set(KINDS) | set(LEFT_OUT)
    assert not set(KINDS) & set(LEFT_OUT)
    assert all(LEFT_OUT.values())
    assert set(TITLES) == set(KINDS), "each table has a title on the page"


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.table)
def test_every_column_is_exported_or_named_with_a_reason(kind):
    columns = {column.name for column in tables()[kind.table].columns}
    public = "public_id" in columns
    named = {"id" if name == "public_id" else name for name in columns if not (public and name == "id")}
    written = {name.removesuffix("_sealed") for name in named - set(kind.left_out)}
    assert written == set(kind.columns), "add a new column to the catalogue, or say there why it stays behind"
    assert set(kind.left_out) <= columns
    assert all(kind.left_out.values())


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.table)
def test_nothing_that_lets_anybody_in_is_exported(kind):
    of_the_trail = {"hash"} if kind.table.startswith("trail_") else set()  # of what stands beside them
    assert [name for name in kind.columns if LETS_IN.search(name) and name not in of_the_trail] == []


def test_each_part_finds_its_rows_in_each_of_its_tables():
    for kind in OF_CIRCLE:
        assert in_circle(tables()[kind.table], 1) is not None, kind.table
    for name, column in BY_ACCOUNT.items():
        assert column in tables()[name].c
    # What hangs on a circle is in the circle's part, so that nothing of a patient is missing from it.
    assert {name for name, table in tables().items() if in_circle(table, 1) is not None} == {
        *(kind.table for kind in OF_CIRCLE),
        "plan_looks",
        "written_ahead",
    }
    assert {kind.table for kind in kinds_of("account")} == set(BY_ACCOUNT)
    assert names_account(tables()["duties"])
