"""Walking all chains from their first entry to their head."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from companion.circle_guard import across_circles
from companion.database import Base
from companion.domain.hash_chain import START, entry_hash
from companion.extensions import db
from companion.trail.models import TrailEntry, TrailHead

AT_ONCE = 1000
HEADS: sa.Table = TrailHead.__table__  # type: ignore[assignment]
ENTRIES: sa.Table = TrailEntry.__table__  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Break:
    """Where a chain is broken first: the circle's public id, the place in the chain, and what is wrong there."""

    circle: str
    sequence: int
    what: str


@dataclass(slots=True)
class Walk:
    """How much was looked at."""

    chains: int = 0
    entries: int = 0


def broken_chains(walk: Walk) -> Iterator[Break]:
    """The first break of each chain that has one. Reads one moment of the database, some entries at once."""
    db.session.rollback()
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    with across_circles("the chains of all circles are walked"):
        without, heads = _circles_without_a_chain(), _heads()
    for public_id in without:
        yield Break(public_id, 0, "the circle has no chain")
    for head in heads:
        walk.chains += 1
        found = _first_break(head, walk)
        if found is not None:
            yield found
    db.session.rollback()


def _heads() -> Sequence[Any]:
    return db.session.connection().execute(sa.select(HEADS).order_by(HEADS.c.id)).all()


def _circles_without_a_chain() -> Sequence[str]:
    circles = Base.metadata.tables["circles"]
    fits = sa.and_(HEADS.c.circle_id == circles.c.id, HEADS.c.circle_public_id == circles.c.public_id)
    query = sa.select(circles.c.public_id).where(~sa.exists().where(fits)).order_by(circles.c.id)
    return db.session.connection().scalars(query).all()


def _first_break(head: Any, walk: Walk) -> Break | None:
    last, sequence = START, 0
    for entry in _entries_of(head):
        walk.entries += 1
        if head.erased_at is not None:
            return Break(head.circle_public_id, entry.sequence, "an erased circle has an entry")
        wrong = _wrong_with(entry, head, last, sequence + 1)
        if wrong is not None:
            return Break(head.circle_public_id, *wrong)
        last, sequence = entry.hash, entry.sequence
    if head.erased_at is not None or (sequence, last) == (head.sequence, head.hash):
        return None
    return Break(head.circle_public_id, sequence + 1, "the head tells of other entries than there are")


def _entries_of(head: Any) -> Iterator[Any]:
    query = sa.select(ENTRIES).where(ENTRIES.c.head_id == head.id).order_by(ENTRIES.c.sequence)
    yield from db.session.connection().execute(query, execution_options={"yield_per": AT_ONCE})


def _wrong_with(entry: Any, head: Any, last: str, expected: int) -> tuple[int, str] | None:
    if entry.sequence != expected:
        return expected, "an entry is missing"
    if entry.previous != last:
        return expected, "the entry does not follow the one before it"
    said = (entry.at, entry.actor, entry.verb, entry.kind, entry.object_id)
    if entry.hash != entry_hash(last, head.circle_public_id, expected, *said):
        return expected, "the entry was changed"
    return None
