"""Signs of life for whoever runs the program: process up, database and worker alive."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import Blueprint

from companion import clock
from companion.access import public
from companion.delivery import queries as deliveries
from companion.extensions import db

OLDEST_TICK_SECONDS, OLDEST_OVERDUE_SECONDS = 120, 300
blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@public
def alive() -> dict[str, str]:
    """The process answers."""
    return {"status": "up"}


@blueprint.get("/readyz")
@public
def ready() -> tuple[dict[str, Any], int]:
    """Database and worker are alive: ages in seconds, null where there is none. 503 when something is late."""
    now = clock.now()
    try:
        db.session.execute(sa.text("select 1"))
        tick, overdue = _age(deliveries.last_tick_at(), now), _age(deliveries.oldest_overdue_at(now), now)
    except sa.exc.SQLAlchemyError:
        return {"status": "database does not answer", "tick_age": None, "oldest_overdue_age": None}, 503
    good = tick is not None and tick <= OLDEST_TICK_SECONDS and (overdue or 0) <= OLDEST_OVERDUE_SECONDS
    answer = {"status": "ready" if good else "late", "tick_age": tick, "oldest_overdue_age": overdue}
    return answer, 200 if good else 503


def _age(at: datetime | None, now: datetime) -> float | None:
    return None if at is None else round(max(0.0, (now - at).total_seconds()), 1)
