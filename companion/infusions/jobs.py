"""Scheduled: keep every plan 13 months ahead."""

from companion import clock
from companion.database import transaction
from companion.infusions import operations


def extend_plans() -> int:
    """Add what is missing in all circles; returns how many courses were added."""
    with transaction():
        return operations.extend_plans(clock.now())
