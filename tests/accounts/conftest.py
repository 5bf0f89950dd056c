"""Time that tests move, and the log as it is written."""

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from flask import Flask


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """Move the clock of the application: `later(minutes=11)` from now on."""
    file = tmp_path / "clock"
    file.write_text("0")
    monkeypatch.setenv("COMPANION_TEST_CLOCK", str(file))
    monkeypatch.setenv("COMPANION_TESTING", "1")

    def move(**amount: float) -> None:
        file.write_text(str(float(file.read_text()) + timedelta(**amount).total_seconds()))

    return move


@pytest.fixture
def log_lines(app: Flask) -> io.StringIO:
    """Everything that the application logs."""
    lines = io.StringIO()
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(file=lines))
    return lines
