"""Whose statement it is: the program's own code keeps rules that somebody at a console, or a test, need not keep."""

import sys
from pathlib import Path

PACKAGE = str(Path(__file__).resolve().parent) + "/"
LISTENERS = frozenset({"companion.callers", "companion.circle_guard", "companion.trail.operations.writing"})


def asking_file() -> str | None:
    """The file of this program, as `circles/queries.py`, that sends a statement; None where it is somebody else."""
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if not name.startswith(("sqlalchemy.", "flask_sqlalchemy_lite")) and name not in LISTENERS:
            file = frame.f_code.co_filename
            return file.removeprefix(PACKAGE) if file.startswith(PACKAGE) else None
        frame = frame.f_back  # type: ignore[assignment]
    return None
