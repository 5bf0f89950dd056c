"""Scheduled: keep the planned messages those that are wanted."""

from collections.abc import Callable

from companion import clock
from companion.database import transaction
from companion.extensions import db
from companion.logs import log
from companion.reminders import operations, queries


def plan_deliveries(stopping: Callable[[], bool] = lambda: False) -> int:
    """Reconcile every circle in a transaction of its own; returns how many messages changed.

    A circle that cannot be planned is logged and stops no other. An idle tick writes nothing.
    """
    now = clock.now()
    changed = 0
    for circle_id, days in queries.circles_to_plan(now).items():
        if stopping():
            break
        try:
            if operations.needs_planning(circle_id, days, now):
                with transaction():
                    changed += operations.plan_deliveries(circle_id, now)
        except Exception as error:
            db.session.rollback()
            log.exception("circle could not be planned", circle=circle_id, kind=type(error).__name__)
    return changed
