"""Scheduled: keep every series of visits 13 months ahead."""

from companion import clock
from companion.database import transaction
from companion.visits import operations


def extend_visits() -> int:
    """Add what is missing in all circles; returns how many visits were added."""
    with transaction():
        return operations.extend_visits(clock.now())
