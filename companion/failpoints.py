"""Named points where a test may kill the process, as a power cut would."""

import os
import signal

from flask import current_app

_passed: dict[str, int] = {}


def failpoint(name: str) -> None:
    """Die here with SIGKILL when `COMPANION_TEST_FAILPOINTS` names this point.

    `name` means the first pass, `name:2` the second; several are parted by commas.
    """
    wanted = current_app.config["COMPANION"].test_failpoints
    if not wanted:
        return
    _passed[name] = _passed.get(name, 0) + 1
    for item in wanted.split(","):
        point, _, count = item.partition(":")
        if point == name and _passed[name] == int(count or 1):
            os.kill(os.getpid(), signal.SIGKILL)
