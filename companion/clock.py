"""The only caller of the system clock, so that tests can move time for every process at once."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

_ONE_MOMENT_SECONDS = 1.0


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


def apart() -> float:
    """How many seconds the wall clock is ahead of the one that only runs forward.

    Both are read at one moment: where this process was halted between the two, it reads them again. What tests add
    to both clocks does not count.
    """
    while True:
        before = time.monotonic()
        wall = datetime.now(UTC).timestamp()
        if time.monotonic() - before < _ONE_MOMENT_SECONDS:
            return wall - before + _offset_seconds()[1]
