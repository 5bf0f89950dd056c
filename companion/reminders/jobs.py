"""Scheduled: keep the planned messages those that are wanted."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy.exc import OperationalError

from companion import clock
from companion.database import transaction
from companion.delivery.queries import backlog
from companion.extensions import db
from companion.logs import log
from companion.reminders import operations, queries

BATCH = 50
TRY_AGAIN_AFTER = timedelta(minutes=1)
BUSY = 500
"""With so many messages due, sending comes first: planning waits for the next tick once it did one batch."""


def plan_deliveries(stopping: Callable[[], bool] = lambda: False, *, to_the_end: bool = False) -> int:
    """Work out the messages of each circle in which something changed, and of all others once an hour.

    Returns how many messages changed. Each circle has a transaction of its own; one that cannot be planned is
    logged and stops no other, while a database that does not answer ends the tick. An idle tick writes nothing.
    The next look is an hour after the reading: a machine that slept in between has seen nothing of the time since.
    With `to_the_end` it goes on however many messages wait to be sent.
    """
    changed, now = 0, clock.now()
    while not stopping() and (circles := queries.circles_to_look_at(now, BATCH)):
        read_at = clock.now()
        looked: dict[int, int] = {}
        failed: dict[int, int] = {}
        subjects = queries.subjects_of(circles, read_at)
        for circle_id, marks in circles.items():
            if stopping():
                break
            count = _plan(circle_id, subjects[circle_id])
            changed += count or 0
            (failed if count is None else looked)[circle_id] = marks
        with transaction():
            operations.note_looks(looked, now=read_at)
            operations.note_looks(failed, now=read_at, again_after=TRY_AGAIN_AFTER)
        if not to_the_end and backlog(clock.now()) > BUSY:
            break
    return changed


def _plan(circle_id: int, subjects: queries.Subjects) -> int | None:
    """How many messages of a circle changed; None when it could not be planned."""
    now = clock.now()
    try:
        if not operations.needs_planning(circle_id, subjects, now):
            return 0
        with transaction():
            return operations.plan_deliveries(circle_id, now)
    except OperationalError:
        raise
    except Exception as error:
        db.session.rollback()
        log.exception("circle could not be planned", circle=circle_id, kind=type(error).__name__)
        return None
