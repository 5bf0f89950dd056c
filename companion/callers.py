"""Whose statement it is: the program's own code keeps rules that somebody at a console, or a test, need not keep."""

import sys
from pathlib import Path

PACKAGE = str(Path(__file__).resolve().parent) + "/"
LISTENERS = frozenset({"companion.callers", "companion.circle_guard", "companion.trail.operations.writing"})


def asked_by_the_program() -> bool:
    """Whether the nearest caller outside of the database library is code of this program."""
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if not name.startswith(("sqlalchemy.", "flask_sqlalchemy_lite")) and name not in LISTENERS:
            return frame.f_code.co_filename.startswith(PACKAGE)
        frame = frame.f_back  # type: ignore[assignment]
    return False
