"""Recurring work on accounts."""

from companion import clock
from companion.accounts import operations
from companion.database import transaction


def forget_stale() -> None:
    """Once a day: remove what was asked for and never used."""
    with transaction():
        operations.forget_unconfirmed(clock.now())
        operations.forget_old_requests(clock.now())
