"""Every table marks what messages were made from, unless it is named as one that no message is made from."""

import re
from pathlib import Path

import pytest

from companion.database import Base
from companion.delivery.operations.marks import EVERYTHING, TELL_NOTHING, TELL_NOTHING_OF, scopes_of
from companion.tables import ALL

PACKAGE = Path(__file__).resolve().parents[2] / "companion"
assert ALL, "all tables are imported"
MODELS = sorted((mapper.class_ for mapper in Base.registry.mappers), key=lambda one: one.__tablename__)
NO_CIRCLE = {
    "accounts": {("person", 7)},
    "circles": {("circle", 7)},
    "mail_addresses": {("account", 7)},
    "push_subscriptions": {("account", 7)},
}
PAST_THE_SESSION = re.compile(r"(connection\(\)|engine|\.begin\(\))\.(execute|exec_driver_sql)|bulk_\w+\(")
WRITES_MARKS = {"companion/delivery/operations/marks.py", "companion/reminders/operations/looks.py"}
TRAIL = "companion/trail/operations/"
"""The trail is written when all else is, and nothing that people are sent is made from it."""


@pytest.mark.parametrize("model", MODELS, ids=lambda one: one.__tablename__)
def test_a_row_of_every_table_marks(model):
    keys = [column.key for column in model.__table__.c if column.key == "id" or column.foreign_keys]
    scopes = scopes_of(model(**dict.fromkeys(keys, 7)))
    name = model.__tablename__
    if name in TELL_NOTHING:
        assert scopes == set()
    elif name in NO_CIRCLE:
        assert scopes == NO_CIRCLE[name]
    elif "circle_id" in model.__table__.c:
        assert scopes == {("circle", 7)}
    else:
        assert scopes
        assert scopes == {EVERYTHING} or {kind for kind, _ in scopes} <= set(Base.metadata.tables)


def test_all_tables_have_a_model_and_the_list_names_only_what_is_there():
    assert {one.__tablename__ for one in MODELS} == set(Base.metadata.tables)
    assert set(Base.metadata.tables) >= TELL_NOTHING
    for name, columns in TELL_NOTHING_OF.items():
        assert {column.key for column in Base.metadata.tables[name].c} >= columns


def test_nothing_is_written_past_the_session():
    found = {
        str(path.relative_to(PACKAGE.parent))
        for path in PACKAGE.rglob("*.py")
        if "migrations" not in path.parts
        and not str(path.relative_to(PACKAGE.parent)).startswith(TRAIL)
        and PAST_THE_SESSION.search(path.read_text())
    }
    assert found <= WRITES_MARKS
