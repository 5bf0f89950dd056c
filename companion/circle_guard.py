"""A statement that reads or changes rows of circles says of which circle, or it is not executed.

The compiled statement is looked at, once for each form that the database library keeps, so that a request pays next
to nothing. Refused is a SELECT, UPDATE or DELETE with a table of circles in it that no criterion ties down:

- to a circle (`circle_id`), a row's inner number (`id`, or a key that leads to such a row), or the hash of a bearer
  token, by `=` or `IN` with a value, in a condition that always counts: not below NOT, and below OR only where each
  branch does so;
- or to a place of one's own (`OWN`), or by an equation with such a column of a table that is itself tied down.

Inner numbers never leave the house: whoever has one has read it from a row that was reached. A public id comes from
outside and ties nothing down: looking a row up by it alone is refused. What this cannot see is whether the circle
that is named is the right one; that is what `access.py` is for.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BooleanClauseList, ColumnElement, Grouping
from sqlalchemy.sql.selectable import Alias, Join, Select

from companion.callers import asking_file
from companion.database import Base

OWN = frozenset(
    {
        ("calendar_feeds", "account_id"),
        ("circles", "patient_account_id"),
        ("consents", "account_id"),
        ("copied_messages", "sender_id"),
        ("deletions", "account_id"),
        ("deliveries", "recipient_id"),
        ("deliveries", "subject_id"),
        ("invitations", "invited_by_id"),
        ("membership_ends", "account_id"),
        ("memberships", "account_id"),
        ("reminder_rules", "recipient_id"),
    }
)
"""Columns that tie rows to a person, whose own they are, or to what a message is about."""
OUTBOX, ENGINE = frozenset({"deliveries", "delivery_attempts", "written_ahead"}), "delivery/"
"""What is to be sent belongs to the engine, which sends for all circles and knows none; features say of which."""
VERDICT = "_companion_without_circle"
_exempt: ContextVar[str | None] = ContextVar("across_circles", default=None)


class ForgottenCircle(Exception):
    """A statement that does not say of which circle its rows are."""


@contextmanager
def across_circles(reason: str) -> Iterator[None]:
    """Inside, statements may go across circles: for jobs, commands, and the keeper of somebody's own rows."""
    token = _exempt.set(reason)
    try:
        yield
    finally:
        _exempt.reset(token)


@cache
def guarded() -> frozenset[str]:
    """Tables with rows of circles: those that name one, and those that hang on such a row."""
    tables = Base.metadata.tables.values()
    found = {table.name for table in tables if table.name == "circles" or "circle_id" in table.c}
    while True:
        more = {table.name for table in tables if table.name not in found and _hangs_on(table, found)}
        if not more:
            return frozenset(found)
        found |= more


def _hangs_on(table: sa.Table, names: set[str]) -> bool:
    return any(key.column.table.name in names and not key.parent.nullable for key in table.foreign_keys)


@cache
def ties(table: str, column: str) -> bool:
    """Whether a value of this column says of which circle a row is."""
    if column in ("id", "circle_id") or column.endswith("_hash") or (table, column) in OWN:
        return True
    of_table = Base.metadata.tables.get(table)
    known = None if of_table is None else of_table.c.get(column)
    return known is not None and any(key.column.table.name in guarded() for key in known.foreign_keys)


def _refuse(
    _connection: Any, _cursor: Any, _statement: str, _parameters: Any, context: Any, _executemany: bool
) -> None:
    compiled = context.compiled if context is not None else None
    if compiled is None:
        return
    found = compiled.__dict__.get(VERDICT)
    if found is None:
        found = compiled.__dict__[VERDICT] = tuple(sorted(without_circle(compiled)))
    if found and _exempt.get() is None:
        file = asking_file()
        is_engine = file is not None and file.startswith(ENGINE) and OUTBOX.issuperset(found)
        if file is not None and not is_engine:
            raise ForgottenCircle(f"say of which circle: {', '.join(found)}")


def without_circle(compiled: Any) -> set[str]:
    """The tables of circles in a compiled statement that nothing ties down."""
    state = compiled.compile_state
    statement = getattr(state, "statement", None)
    if not isinstance(statement, sa.sql.ClauseElement):
        statement = compiled.statement
    loose: set[str] = set()
    _look(statement, frozenset(), loose)
    return loose


def _look(element: Any, around: frozenset[int], loose: set[str]) -> None:
    """Look at a statement and at each one inside it; `around`: the tables of the statements around it."""
    inside = around
    if isinstance(element, Select):
        scope = _scope_of_select(element, around)
        inside = around | scope.tables.keys()
        loose |= scope.loose()
    elif isinstance(element, sa.Update | sa.Delete):
        scope = Scope()
        scope.add(element.table)
        scope.conditions.extend((one, None) for one in element._where_criteria)
        inside = around | scope.tables.keys()
        loose |= scope.loose()
    for child in element.get_children():
        _look(child, inside, loose)


@dataclass(slots=True)
class Scope:
    """The tables of one statement with their conditions; some (of outer joins) count for some of the tables only."""

    tables: dict[int, str] = field(default_factory=dict)
    conditions: list[tuple[Any, frozenset[int] | None]] = field(default_factory=list)
    joined: list[int] = field(default_factory=list)

    def add(self, source: Any) -> frozenset[int]:
        """Take up a table, or those of a join with its condition."""
        if isinstance(source, Join):
            left, right = self.add(source.left), self.add(source.right)
            counts_for = frozenset() if source.full else right if source.isouter else None
            self.conditions.append((source.onclause, counts_for))
            return left | right
        name = _table_name(source)
        if name is None:
            return frozenset()
        self.tables[hash(source)] = name
        return frozenset({hash(source)})

    def loose(self) -> set[str]:
        """The tables of circles that stay loose."""
        tied: set[int] = set()
        before = -1
        while len(tied) != before:
            before = len(tied)
            for condition, counts_for in self.conditions:
                found = self._tied_by(condition, frozenset(tied))
                tied |= found if counts_for is None else found & counts_for
            if tied:
                tied.update(self.joined)
        return {name for key, name in self.tables.items() if key not in tied and name in guarded()}

    def _tied_by(self, condition: Any, tied: frozenset[int]) -> set[int]:
        """What a condition ties down where these tables are: with OR, what each of its branches does."""
        condition = _bare(condition)
        if isinstance(condition, BooleanClauseList):
            each = [self._tied_by(one, tied) for one in condition.clauses]
            return set.union(*each) if condition.operator is operators.and_ else set.intersection(*each)
        if not isinstance(condition, BinaryExpression) or condition.operator not in (operators.eq, operators.in_op):
            return set()
        sides = _bare(condition.left), _bare(condition.right)
        return {hash(mine.table) for mine, other in (sides, sides[::-1]) if self._ties(mine, other, tied)}

    def _ties(self, mine: Any, other: Any, tied: frozenset[int]) -> bool:
        if not self._is_own(mine) or not ties(self.tables[hash(mine.table)], mine.name):
            return False
        return not self._is_own(other) or hash(other.table) in tied

    def _is_own(self, side: Any) -> bool:
        return isinstance(side, sa.Column) and hash(side.table) in self.tables


def _table_name(source: Any) -> str | None:
    if isinstance(source, sa.Table):
        return source.name
    if isinstance(source, Alias):
        return _table_name(source.element)
    return None


def _scope_of_select(select: Any, around: frozenset[int]) -> Scope:
    scope = Scope()
    for source in (*select.columns_clause_froms, *select._from_obj):
        scope.add(source)
    for target, onclause, _from, flags in select._setup_joins:
        theirs = scope.add(target)
        if isinstance(onclause, ColumnElement):
            scope.conditions.append((onclause, theirs if flags.get("isouter") else None))
        else:
            scope.joined.extend(theirs)
    for one in select._where_criteria:
        scope.conditions.append((one, None))
        for source in one._from_objects:
            if hash(source) not in scope.tables and hash(source) not in around:
                scope.add(source)
    return scope


def _bare(element: Any) -> Any:
    while isinstance(element, Grouping):
        element = element.element
    return element


def init_app(_app: Flask) -> None:
    """Watch every engine of this process."""
    if not event.contains(Engine, "before_cursor_execute", _refuse):
        event.listen(Engine, "before_cursor_execute", _refuse)
