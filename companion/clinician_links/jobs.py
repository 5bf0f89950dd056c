"""Recurring work on clinician links."""

from companion import clock
from companion.clinician_links import operations
from companion.database import transaction


def forget_old_links() -> None:
    """Remove links that have been over for long, with their openings."""
    with transaction():
        operations.forget_old_links(clock.now())
