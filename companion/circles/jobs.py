"""Recurring work on circles."""

from companion import clock
from companion.circles import operations
from companion.database import transaction


def forget_old_invitations() -> None:
    """Remove invitations and endings that have been over for long."""
    with transaction():
        operations.forget_old_invitations(clock.now())
