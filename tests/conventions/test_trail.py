"""Every table says what the trail tells of it, and every blueprint what a look at its pages is called."""

import pytest
from flask import Flask

from companion.database import Base
from companion.tables import ALL
from companion.trail.operations.looks import PAGE_KINDS
from companion.trail.operations.rules import RULES
from companion.trail.operations.writing import Untold, rule_of

assert ALL, "all tables are imported"
TABLES = Base.metadata.tables


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_table_has_a_rule_that_leads_to_a_circle(name):
    rule, table = rule_of(name), TABLES[name]
    for column in rule.part_of:
        [key] = table.c[column].foreign_keys
        assert not rule_of(key.column.table.name).is_quiet
    if rule.kind:
        assert rule.of_account or name == "circles" or "circle_id" in table.c
    if rule.of_account or rule.names_account:
        assert "account_id" in table.c
    assert set(table.c.keys()) >= rule.counts_nothing


def test_no_rule_is_left_of_a_table_that_is_gone():
    assert set(RULES) == set(TABLES)


def test_a_table_without_a_rule_cannot_be_written_to():
    with pytest.raises(Untold, match=r"rules\.py"):
        rule_of("a_new_table")


def test_every_blueprint_says_what_a_look_at_it_is_called(app: Flask):
    assert set(PAGE_KINDS) - {"demo"} == set(app.blueprints) - {"demo"}
