"""The one place that writes the trail: what a session changes is told by itself, in the same transaction.

The session tells of each row that is added, changed or removed, by the rules of `rules.py`. Right before it commits,
all that was told is folded to one entry a row and put at the end of the circle's chain: an entry that cannot be
written takes the change back with it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from flask import g, has_app_context, has_request_context
from sqlalchemy import event
from sqlalchemy.orm import Mapper, ORMExecuteState, Session, SessionTransaction

from companion import clock
from companion.callers import asking_file
from companion.database import Base
from companion.domain.hash_chain import START, entry_hash
from companion.extensions import db
from companion.trail.models import ADDED, CHANGED, LINK, REMOVED, SYSTEM, TrailEntry, TrailHead
from companion.trail.operations.rules import ENDINGS, RULES, Rule

MOST_OF_A_KIND = 3
"""More rows of one kind than this, changed at once, are told as one entry without a row."""
NOTES, UNTOLD = "companion_trail", "companion_untold"
Ref = tuple[str, int]
"""A table's name and the number of one of its rows."""
Key = tuple[int, str, str | None, str]
"""What is told as one: circle, kind and row; a verb where it is about no row, or changes none."""
OF_ROWS = frozenset({ADDED, CHANGED, REMOVED})


class Untold(Exception):
    """A table without a rule, or a statement of the program that changes rows past the session and does not say what
    the trail should tell of it."""


class NoHead(Exception):
    """A circle has no chain to write to: its head was taken away."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Something done: in a circle, or (`account`) in all circles of an account, or where the row `parent` leads."""

    verb: str
    kind: str
    object_id: str | None = None
    circle: int | None = None
    account: int | None = None
    parent: Ref | None = None
    names: int | None = None


@dataclass(slots=True)
class Notes:
    """What a transaction has to tell. `erased`: circles whose trail it has ended."""

    actor: str
    deeds: list[Deed] = field(default_factory=list)
    savepoints: dict[SessionTransaction, int] = field(default_factory=dict)
    erased: set[int] = field(default_factory=set)
    new_circles: set[int] = field(default_factory=set)


def untold(reason: str) -> dict[str, Any]:
    """Options of a statement that changes rows past the session, and why the trail tells nothing of it."""
    return {UNTOLD: reason}


def tell(circle: Any, verb: str, kind: str, object_id: str | None = None) -> None:
    """Tell of a deed that changes no row, such as an export. Call in the transaction that must not go without it."""
    _notes(db.session).deeds.append(Deed(verb, kind, object_id, circle=circle.id))


def forget_of(circle_id: int) -> None:
    """From now on the transaction tells nothing of this circle: its trail has ended."""
    _notes(db.session).erased.add(circle_id)


def actor_now() -> str:
    """Who acts: the account that is signed in, somebody with a link, or the program itself."""
    account = g.get("account") if has_app_context() else None
    if account is not None:
        return str(account.public_id)
    return LINK if has_request_context() else SYSTEM


def append(
    session: Session, head: TrailHead | Any, deeds: Iterable[tuple[str, str, str | None]], actor: str, at: datetime
) -> None:
    """Put entries (verb, kind, object) at the end of a chain whose head is locked by this transaction."""
    sequence, last, rows = head.sequence, head.hash, []
    for verb, kind, object_id in deeds:
        sequence += 1
        digest = entry_hash(last, head.circle_public_id, sequence, at, actor, verb, kind, object_id)
        said = {"at": at, "actor": actor, "verb": verb, "kind": kind, "object_id": object_id}
        rows.append({"head_id": head.id, "sequence": sequence, **said, "previous": last, "hash": digest})
        last = digest
    connection = session.connection()
    connection.execute(sa.insert(TrailEntry), rows)
    stands = sa.update(TrailHead).where(TrailHead.id == head.id)
    connection.execute(stands.values(sequence=sequence, hash=last))


def locked_head(session: Session, circle_id: int, *, is_new: bool = False) -> Any:
    """The head of a circle's chain, held until the transaction ends. Raises NoHead."""
    heads: sa.Table = TrailHead.__table__  # type: ignore[assignment]
    query = sa.select(heads).where(heads.c.circle_id == circle_id).with_for_update()
    connection = session.connection()
    found = connection.execute(query).first()
    if found is None and is_new:
        circles = Base.metadata.tables["circles"]
        name = sa.select(circles.c.id, circles.c.public_id, sa.literal(0), sa.literal(START))
        columns = ["circle_id", "circle_public_id", "sequence", "hash"]
        connection.execute(sa.insert(heads).from_select(columns, name.where(circles.c.id == circle_id)))
        found = connection.execute(query).first()
    if found is None:
        raise NoHead
    return found


# --- what is told ---


def _notes(session: Session) -> Notes:
    notes = session.info.get(NOTES)
    if notes is None:
        notes = session.info[NOTES] = Notes(actor_now())
    return notes


def rule_of(table: str) -> Rule:
    """What the trail tells of a table. Raises Untold."""
    rule = RULES.get(table)
    if rule is None:
        raise Untold(f"say in companion/trail/operations/rules.py what the trail tells of the table {table}")
    return rule


def _deed(row: Any, rule: Rule, verb: str) -> Deed:
    if rule.part_of:
        [column] = rule.part_of
        [key] = row.__table__.c[column].foreign_keys
        return Deed(CHANGED, "", parent=(key.column.table.name, getattr(row, column)))
    deed = Deed(verb, rule.kind, getattr(row, "public_id", None))
    if rule.of_account:
        return replace(deed, account=row.account_id, object_id=None, names=row.account_id)
    circle = row.id if row.__tablename__ == "circles" else row.circle_id
    return replace(deed, circle=circle, names=row.account_id if rule.names_account else None)


def _verb_of_change(row: Any, rule: Rule) -> str | None:
    """Changed, or removed where a column says that the row is gone now; None where nothing was changed by anybody."""
    state = sa.inspect(row)
    changed = [one.key for one in state.mapper.column_attrs if state.attrs[one.key].history.has_changes()]
    if not set(changed) - rule.counts_nothing:
        return None
    return REMOVED if any(getattr(row, key) is not None for key in changed if key in ENDINGS) else CHANGED


@event.listens_for(Session, "after_flush")
def _note_rows(session: Session, _context: Any) -> None:
    for rows, verb in ((session.new, ADDED), (session.deleted, REMOVED), (session.dirty, None)):
        for row in rows:
            rule = rule_of(row.__tablename__)
            if rule.is_quiet:
                continue
            done = verb or _verb_of_change(row, rule)
            if done is not None:
                notes = _notes(session)
                notes.deeds.append(_deed(row, rule, done))
                if row.__tablename__ == "circles" and done == ADDED:
                    notes.new_circles.add(row.id)


@event.listens_for(Session, "do_orm_execute")
def _refuse_untold_statements(state: ORMExecuteState) -> None:
    if not (state.is_insert or state.is_update or state.is_delete) or UNTOLD in state.execution_options:
        return
    statement: Any = state.statement
    if not rule_of(statement.table.name).is_quiet and asking_file() is not None:
        raise Untold(f"a statement on {statement.table.name} says neither what was done nor, by `untold`, why not")


# --- how it is written ---


@event.listens_for(Session, "before_commit")
def _write_before_commit(session: Session) -> None:
    """What a savepoint did is told with the whole."""
    if not session.in_nested_transaction():
        session.flush()
        write_trail(session)


def write_trail(session: Session) -> None:
    """Write what was told since the transaction began; the session does so by itself before it commits."""
    notes: Notes | None = session.info.pop(NOTES, None)
    if notes is None or not notes.deeds:
        return
    at = clock.now()
    for circle_id, deeds in sorted(_by_circle(session, notes).items()):
        head = locked_head(session, circle_id, is_new=circle_id in notes.new_circles)
        append(session, head, deeds, notes.actor, at)


def _by_circle(session: Session, notes: Notes) -> dict[int, list[tuple[str, str, str | None]]]:
    """What to write in each chain, in the order in which it was done."""
    folded: dict[Key, str] = {}
    for told in notes.deeds:
        deed = _resolved(session, told)
        for circle_id in _circles_of(session, deed):
            name = _name_of(session, deed)
            apart = name is None or deed.verb not in OF_ROWS
            _fold(folded, (circle_id, deed.kind, name, deed.verb if apart else ""), deed.verb)
    found: dict[int, list[tuple[str, str, str | None]]] = {}
    for (circle_id, kind, object_id, _apart), verb in folded.items():
        if circle_id not in notes.erased:
            found.setdefault(circle_id, []).append((verb, kind, object_id))
    return {circle_id: list(_several_as_one(deeds)) for circle_id, deeds in found.items()}


def _fold(folded: dict[Key, str], key: Key, verb: str) -> None:
    """One entry a row: added and then changed is added, added and then removed is nothing."""
    before = folded.get(key)
    if before == ADDED and verb == REMOVED:
        del folded[key]
    elif before == REMOVED and verb == ADDED:
        folded[key] = CHANGED
    elif before != ADDED or verb not in (CHANGED, ADDED):
        folded[key] = verb


def _several_as_one(deeds: list[tuple[str, str, str | None]]) -> Iterable[tuple[str, str, str | None]]:
    counts: dict[tuple[str, str], int] = {}
    for verb, kind, _ in deeds:
        counts[verb, kind] = counts.get((verb, kind), 0) + 1
    return dict.fromkeys(
        (verb, kind, object_id if counts[verb, kind] <= MOST_OF_A_KIND else None) for verb, kind, object_id in deeds
    )


def _resolved(session: Session, deed: Deed) -> Deed:
    """The deed itself, or where its row is a part: a change of the whole."""
    seen = 0
    while deed.parent is not None:
        table, ident = deed.parent
        rule, values = rule_of(table), _values_of(session, table, ident)
        seen += 1
        if values is None or seen > len(RULES):
            return replace(deed, parent=None)  # the whole is gone as well, and told as removed
        if rule.part_of:
            [key] = Base.metadata.tables[table].c[rule.part_of[0]].foreign_keys
            deed = replace(deed, parent=(key.column.table.name, values[rule.part_of[0]]))
        else:
            deed = Deed(deed.verb, rule.kind, values.get("public_id"), circle=values["circle_id"])
    return deed


def _values_of(session: Session, table: str, ident: int) -> dict[str, Any] | None:
    """Circle, public id and parent of a row, from memory where the session has it."""
    source, rule = Base.metadata.tables[table], rule_of(table)
    names = [name for name in ("circle_id", "public_id", *rule.part_of) if name in source.c]
    held = session.identity_map.get(sa.orm.util.identity_key(_mapper_of(table).class_, ident))
    if held is not None and all(name in held.__dict__ for name in names):
        return {name: held.__dict__[name] for name in names}
    query = sa.select(*(source.c[name] for name in names)).where(source.c.id == ident)
    found = session.connection().execute(query).first()
    return None if found is None else dict(found._mapping)


@cache
def _mapper_of(table: str) -> Mapper[Any]:
    return next(mapper for mapper in Base.registry.mappers if mapper.class_.__tablename__ == table)


def _circles_of(session: Session, deed: Deed) -> list[int]:
    if deed.circle is not None:
        return [deed.circle]
    if deed.account is None:
        return []
    members = Base.metadata.tables["memberships"]
    query = sa.select(members.c.circle_id).where(members.c.account_id == deed.account)
    return [ident for (ident,) in session.connection().execute(query.order_by(members.c.circle_id))]


def _name_of(session: Session, deed: Deed) -> str | None:
    """The public id of what the entry is about."""
    if deed.names is None:
        return deed.object_id
    found = _values_of(session, "accounts", deed.names)
    return None if found is None else str(found["public_id"])


@event.listens_for(Session, "after_transaction_create")
def _mark_savepoint(session: Session, begun: SessionTransaction) -> None:
    notes = session.info.get(NOTES)
    if begun.nested and notes is not None:
        notes.savepoints[begun] = len(notes.deeds)


@event.listens_for(Session, "after_soft_rollback")
def _forget_what_was_taken_back(session: Session, ended: SessionTransaction) -> None:
    notes = session.info.get(NOTES)
    if ended.nested and notes is not None:
        del notes.deeds[notes.savepoints.pop(ended, 0) :]


@event.listens_for(Session, "after_transaction_end")
def _forget_at_the_end(session: Session, ended: SessionTransaction) -> None:
    notes = session.info.get(NOTES)
    if ended.parent is None:
        session.info.pop(NOTES, None)
    elif notes is not None:
        notes.savepoints.pop(ended, None)
