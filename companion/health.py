"""Signs of life for whoever runs the program: process up, database and worker alive."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Blueprint

from companion import clock
from companion.access import public
from companion.delivery import queries as deliveries
from companion.extensions import db

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@public
def alive() -> dict[str, str]:
    """The process answers."""
    return {"status": "up"}


@blueprint.get("/readyz")
@public
def ready() -> tuple[dict[str, Any], int]:
    """Database and worker are alive: ages in seconds, null where there is none. 503 when something is late.

    `breaks` is what the audit of all messages found; `providers` are mail server and push services in trouble.
    """
    try:
        db.session.execute(sa.text("select 1"))
        found = deliveries.health(clock.now())
    except sa.exc.SQLAlchemyError:
        return {"status": "database does not answer", "tick_age": None, "oldest_overdue_age": None}, 503
    answer = {
        "status": "ready" if found.is_good else "late",
        "tick_age": _seconds(found.tick_age),
        "oldest_overdue_age": _seconds(found.oldest_overdue_age),
        "audit_age": _seconds(found.audit_age),
        "breaks": found.breaks,
        "providers": found.troubled,
    }
    return answer, 200 if found.is_good else 503


def _seconds(age: timedelta | None) -> float | None:
    return None if age is None else round(age.total_seconds(), 1)
