"""Recurring work of the exchange, and what is done before anything is served."""

from companion import clock
from companion.exchange.operations import deletions, sweeping


def erase_due() -> None:
    """Carry out deletions whose week is over, and write the files of the database anew after any erasure."""
    now = clock.now()
    deletions.carry_out(now)
    sweeping.sweep(now)


def replay_deletions() -> int:
    """Erase again what an older copy of the database has brought back. Gives how much that was."""
    now = clock.now()
    done = deletions.replay(now)
    sweeping.sweep(now)
    return done
