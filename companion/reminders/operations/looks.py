"""Whose messages are worked out next: a change in a circle asks for a look at once, time alone for one an hour.

The session tells of every changed row. What belongs to a circle marks that circle, what belongs to a person marks all
circles of that person.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from companion.accounts.models import Account, AccountSession, SignInRequest
from companion.circles.models import Circle, Membership
from companion.delivery.models import (
    ACCEPTED,
    EXPIRED,
    FAILED,
    PENDING,
    SUPPRESSED,
    Delivery,
    DeliveryAttempt,
    MailAddress,
    PushSubscription,
)
from companion.delivery.operations import DIGEST, hear_what_is_taken
from companion.delivery.queries import UNCONFIRMED_AFTER, gathered_in
from companion.extensions import db
from companion.reminders.models import PlanLook

AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
AGAIN_AFTER = timedelta(hours=1)
AFTER_SENDING = timedelta(minutes=1)
"""What was sent may call for more, such as an escalation, but never at once: many go out in the same minute."""
TELL_NOTHING = (AccountSession, SignInRequest, DeliveryAttempt, PlanLook)
READ_BY_PROGRAMS = frozenset({"calendar_entries", "calendar_feeds"})
"""Tables above this package that note what calendar programs read: nobody is told anything for that."""


def note_looks(looked: dict[int, int], *, now: datetime, again_after: timedelta = AGAIN_AFTER) -> None:
    """Write down that circles were looked at, unless something changed meanwhile; call in a transaction.

    `looked` gives the marks that each circle had before the look.
    """
    for circle_id, marks in looked.items():
        values = {"circle_id": circle_id, "next_at": now + again_after, "marks": marks}
        insert = _insert().values(**values)
        unchanged = PlanLook.marks == marks
        db.session.execute(
            insert.on_conflict_do_update(
                index_elements=["circle_id"], set_={"next_at": now + again_after}, where=unchanged
            )
        )


def _mark(session: Session, circles: Mapping[int, datetime]) -> None:
    """Ask for a look at some circles, at once or at a time to come; never later than they would be anyway."""
    if not circles:
        return
    asked = _insert(session)
    sooner = sa.case((PlanLook.next_at > asked.excluded.next_at, asked.excluded.next_at), else_=PlanLook.next_at)
    changes = {"next_at": sooner, "marks": PlanLook.marks + 1}
    rows = [{"circle_id": circle_id, "next_at": at, "marks": 1} for circle_id, at in sorted(circles.items())]
    session.connection().execute(asked.on_conflict_do_update(index_elements=["circle_id"], set_=changes), rows)


def _insert(session: Session | None = None) -> Any:
    dialect = (session or db.session).get_bind().dialect.name
    return (postgresql.insert if dialect == "postgresql" else sqlite.insert)(cast("sa.Table", PlanLook.__table__))


@event.listens_for(Session, "after_flush")
def _mark_what_changed(session: Session, _context: Any) -> None:
    circles: set[int] = set()
    accounts: set[int] = set()
    later: dict[int, datetime] = {}
    for row in (*session.new, *session.deleted, *session.dirty):
        if isinstance(row, TELL_NOTHING) or row.__tablename__ in READ_BY_PROGRAMS:
            continue
        if isinstance(row, Delivery):
            _mark_delivery(session, row, circles, later)
        elif isinstance(row, PushSubscription):
            accounts |= {row.account_id} if _tells(row) else set()
        elif row in session.dirty and not session.is_modified(row, include_collections=False):
            continue
        elif isinstance(row, Circle):
            circles.add(row.id)
        elif isinstance(row, Account):
            accounts.add(row.id)
        else:
            circles |= {row.circle_id} if getattr(row, "circle_id", None) else set()
            accounts |= {row.account_id} if isinstance(row, MailAddress) else set()
    if accounts:
        theirs = sa.select(Membership.circle_id).where(Membership.account_id.in_(accounts))
        circles |= set(session.scalars(theirs))
    gone = {row.id for row in session.deleted if isinstance(row, Circle)}
    at_once = dict.fromkeys(circles, AT_ONCE)
    _mark(session, {circle_id: at for circle_id, at in (later | at_once).items() if circle_id not in gone})


def _mark_delivery(session: Session, row: Delivery, circles: set[int], later: dict[int, datetime]) -> None:
    """A failure asks for another way at once; what was sent, or came too late, is looked at a little later. A digest
    has no circle: when it was sent, it speaks for those of its messages."""
    if row.circle_id is None:
        if row.subject_kind == DIGEST and row.state == ACCEPTED and row.settled_at is not None:
            about = gathered_in(row).with_only_columns(Delivery.circle_id).distinct()
            found = [circle_id for circle_id in session.scalars(about) if circle_id is not None]
            later |= dict.fromkeys(found, row.settled_at + AFTER_SENDING)
        return
    if row.state in (FAILED, SUPPRESSED) or (row.state == PENDING and row.attempt > 1):
        circles.add(row.circle_id)
    elif row.state in (ACCEPTED, EXPIRED) and row.settled_at is not None:
        later[row.circle_id] = row.settled_at + AFTER_SENDING


def _tells(device: PushSubscription) -> bool:
    """Whether a device came, went, or is surer or less sure than before."""
    state = sa.inspect(device)
    if state.pending:
        return True
    before = state.committed_state
    sent_before = before.get("sent_since_confirmed", device.sent_since_confirmed) or 0
    if not isinstance(sent_before, int):
        return True  # what it was is not known
    steady = (sent_before >= UNCONFIRMED_AFTER) == (device.sent_since_confirmed >= UNCONFIRMED_AFTER)
    closed = before.get("closed_at", device.closed_at) != device.closed_at
    turned = (before.get("confirmed_at", device.confirmed_at) is None) != (device.confirmed_at is None)
    return not steady or closed or turned


def _look_later(circle_ids: Collection[int], now: datetime) -> None:
    """What was taken over in one statement shows no row to the session."""
    _mark(db.session, dict.fromkeys(circle_ids, now + AFTER_SENDING))


hear_what_is_taken(_look_later)
