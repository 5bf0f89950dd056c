"""The only caller of the system clock, so that tests can move time for every process at once."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path


def _offset_seconds() -> tuple[float, float]:
    """Seconds that a test adds to both clocks, and to the wall clock alone.

    `COMPANION_TEST_CLOCK` names a file that holds the first, or both with a space between.
    """
    path = os.environ.get("COMPANION_TEST_CLOCK")
    if not path or os.environ.get("COMPANION_TESTING") != "1":
        return 0.0, 0.0
    try:
        both, _, wall = Path(path).read_text().strip().partition(" ")
        return float(both), float(wall or 0)
    except (OSError, ValueError):
        return 0.0, 0.0


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC) + timedelta(seconds=sum(_offset_seconds()))


def monotonic() -> float:
    """Seconds on a clock that never runs backwards."""
    return time.monotonic() + _offset_seconds()[0]
