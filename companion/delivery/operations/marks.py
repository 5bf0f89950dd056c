"""Change marks: what says that a message written ahead may no longer say what is so.

Every circle and every account has a mark that only grows. The session tells of each row that is added, changed or
deleted, and of each statement that changes rows it does not see. Whose rows they are is marked in the same
transaction, right before it is committed: so nobody waits long for a mark, and all take them in one order.
"""

from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction

from companion.database import Base
from companion.delivery.models import ChangeMark, Delivery

CIRCLE, ACCOUNT, ALL = "circle", "account", "all"
PERSON = "person"
"""An account itself changed, such as its name: its mark, and those of all its circles."""
Scope = tuple[str, int]
EVERYTHING: Scope = (ALL, 0)

TELL_NOTHING = frozenset(
    {
        "account_sessions",
        "calendar_entries",
        "calendar_feeds",
        "change_marks",
        "clinician_link_views",
        "clinician_links",
        "consents",
        "deletions",
        "deliveries",
        "delivery_attempts",
        "heartbeats",
        "invitations",
        "label_photos",
        "membership_ends",
        "plan_looks",
        "provider_states",
        "sign_in_requests",
        "submissions",
        "trail_entries",
        "trail_heads",
        "vapid_keys",
        "written_ahead",
    }
)
"""Tables that no message written ahead is made from. Every other one marks, also one that is new."""
TELL_NOTHING_OF = {
    "push_subscriptions": frozenset({"sent_since_confirmed", "first_unconfirmed_at", "confirmed_at", "session_id"})
}
"""The same of single columns: they count what was sent."""
BY_ACCOUNT = frozenset({"mail_addresses", "push_subscriptions"})
"""Tables of a person's own that belong to no circle."""
TOUCHES, TOUCHED = "companion_touches", "companion_touched"


def touches(*, circles: Iterable[int] = (), accounts: Iterable[int] = ()) -> dict[str, Any]:
    """Options of a statement that changes rows past the session: whose rows these are. Without them, everybody's."""
    return {TOUCHES: frozenset({*((CIRCLE, one) for one in circles), *((ACCOUNT, one) for one in accounts)})}


def marks_of_delivery() -> sa.ColumnElement[int]:
    """For a query of deliveries: the sum of all marks that count for one. Marks only grow, so the sum of two looks
    is the same only where none moved."""

    def mark(kind: str, subject_id: Any) -> sa.ColumnElement[int]:
        found = sa.select(ChangeMark.marks).where(ChangeMark.kind == kind, ChangeMark.subject_id == subject_id)
        return sa.func.coalesce(found.correlate(Delivery).scalar_subquery(), 0)

    return mark(CIRCLE, Delivery.circle_id) + mark(ACCOUNT, Delivery.recipient_id) + mark(*EVERYTHING)


def write_marks(session: Session) -> None:
    """Mark all that was touched since the transaction began; the session does so by itself before it commits."""
    touched: set[Scope] = session.info.pop(TOUCHED, set())
    scopes = _resolved(session, touched)
    if not scopes:
        return
    rows = [{"kind": kind, "subject_id": ident, "marks": 1} for kind, ident in sorted(scopes)]
    dialect = session.get_bind().dialect.name
    insert = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(ChangeMark)
    one_more = {"marks": ChangeMark.marks + 1}
    upsert = insert.on_conflict_do_update(index_elements=["kind", "subject_id"], set_=one_more)
    session.connection().execute(upsert, rows)


def scopes_of(row: Any) -> set[Scope]:
    """Whose messages a row may be part of, by its columns before and after the change."""
    table = row.__tablename__
    if table in TELL_NOTHING:
        return set()
    if table == "circles":
        return {(CIRCLE, row.id)}
    if table == "accounts":
        return {(PERSON, row.id)}
    if "circle_id" in row.__table__.c:
        return _known({(CIRCLE, one) for one in _values(row, "circle_id")})
    if table in BY_ACCOUNT:
        return _known({(ACCOUNT, one) for one in _values(row, "account_id")})
    parents = {
        (parent.name, one)
        for column, parent in _parents_with_circle(row.__table__)
        for one in _values(row, column)
        if one is not None
    }
    return parents or {EVERYTHING}


def _known(scopes: set[Any]) -> set[Scope]:
    return scopes if all(ident is not None for _, ident in scopes) else {EVERYTHING}


def _values(row: Any, name: str) -> set[Any]:
    """What a column holds, and held before."""
    return {getattr(row, name), *sa.inspect(row).attrs[name].history.deleted}


def _parents_with_circle(table: sa.Table) -> list[tuple[str, sa.Table]]:
    """Columns that lead to a row that has a circle."""
    keys = sorted(table.foreign_keys, key=lambda key: key.parent.name)
    return [(key.parent.name, key.column.table) for key in keys if "circle_id" in key.column.table.c]


def _resolved(session: Session, touched: Collection[Scope]) -> set[Scope]:
    """People as their accounts and circles, rows as the circles of those they belong to."""
    if EVERYTHING in touched:
        return {EVERYTHING}
    scopes = {scope for scope in touched if scope[0] in (CIRCLE, ACCOUNT)}
    people = {ident for kind, ident in touched if kind == PERSON}
    if people:
        members, circles = Base.metadata.tables["memberships"], Base.metadata.tables["circles"]
        theirs = sa.union(
            sa.select(members.c.circle_id).where(members.c.account_id.in_(people)),
            sa.select(circles.c.id).where(circles.c.patient_account_id.in_(people)),
        )
        scopes |= {(ACCOUNT, ident) for ident in people}
        scopes |= {(CIRCLE, ident) for (ident,) in session.connection().execute(theirs)}
    for name, ident in {scope for scope in touched if scope[0] in Base.metadata.tables}:
        parent = Base.metadata.tables[name]
        circle_id = session.connection().scalar(sa.select(parent.c.circle_id).where(parent.c.id == ident))
        scopes.add((CIRCLE, circle_id) if circle_id is not None else EVERYTHING)
    return {EVERYTHING} if EVERYTHING in scopes else scopes


def _touch(session: Session, scopes: Iterable[Scope]) -> None:
    session.info.setdefault(TOUCHED, set()).update(scopes)


def _is_told(session: Session, row: Any) -> bool:
    """Whether a changed row changed in a column that messages may be made from."""
    if row not in session.dirty:
        return True
    quiet = TELL_NOTHING_OF.get(row.__tablename__)
    if quiet is None:
        return session.is_modified(row, include_collections=False)
    columns = sa.inspect(row).mapper.column_attrs
    return any(one.key not in quiet and sa.inspect(row).attrs[one.key].history.has_changes() for one in columns)


@event.listens_for(Session, "after_flush")
def _touch_rows(session: Session, _context: Any) -> None:
    for row in (*session.new, *session.deleted, *session.dirty):
        if row.__tablename__ not in TELL_NOTHING and _is_told(session, row):
            _touch(session, scopes_of(row))


@event.listens_for(Session, "do_orm_execute")
def _touch_unseen_rows(state: ORMExecuteState) -> None:
    """A statement that changes rows without showing them to the session."""
    if state.is_select:
        return
    given = state.execution_options.get(TOUCHES)
    if given is not None:
        _touch(state.session, given)
    elif not _is_quiet(state):
        _touch(state.session, {EVERYTHING})


def _is_quiet(state: ORMExecuteState) -> bool:
    statement: Any = state.statement
    if state.is_insert or state.is_update or state.is_delete:
        return statement.table.name in TELL_NOTHING
    return isinstance(statement, sa.TextClause) and statement.text.lstrip().lower().startswith("select")


@event.listens_for(Session, "before_commit")
def _mark_what_was_touched(session: Session) -> None:
    """What a savepoint did is marked with the whole."""
    if not session.in_nested_transaction():
        session.flush()
        write_marks(session)


@event.listens_for(Session, "after_transaction_end")
def _forget_what_was_touched(session: Session, ended: SessionTransaction) -> None:
    if ended.parent is None:
        session.info.pop(TOUCHED, None)
