"""A clock that tests move, and feeds to read."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from companion.clock import now

Move = Callable[[datetime], None]


@pytest.fixture
def move_clock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Move:
    """Move the clock of the application to an instant."""
    path = tmp_path / "clock"
    monkeypatch.setenv("COMPANION_TESTING", "1")
    monkeypatch.setenv("COMPANION_TEST_CLOCK", str(path))

    def move(at: datetime) -> None:
        path.write_text("0")
        path.write_text(str((at - now()).total_seconds()))

    return move
