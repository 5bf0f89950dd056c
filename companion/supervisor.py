"""Keeps a few processes going and stops them together; the standard library only."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

RESTART_SECONDS = (1, 2, 5, 10, 30)
STEADY_SECONDS = 60  # a process that ran this long is healthy: its next restart is quick again
STOP_SECONDS = 8.0  # of the ten promised; the rest is for what ignores SIGTERM
FAILED_STARTS = 3  # the first child may end this often before it ever answered
POLL_SECONDS = 0.1


class NeverReady(Exception):
    """The first child ended again and again without ever answering."""


@dataclass
class Child:
    """A process that is started again whenever it ends by itself, a little later each time."""

    name: str
    command: list[str]
    folder: Path
    environ: dict[str, str] = field(repr=False)
    process: subprocess.Popen[bytes] | None = None
    due: float | None = 0.0
    failures: int = 0
    started: float = 0.0

    def tend(self, now: float) -> None:
        """Notice when the process has ended; start it when it is due. `now` is monotonic seconds."""
        if self.due is None and self.process is not None and self.process.poll() is not None:
            self._ended(self.process.returncode, now)
        if self.due is not None and now >= self.due:
            self._start(now)

    def _start(self, now: float) -> None:
        self.signal(signal.SIGKILL)  # what an earlier one has left behind may still hold the port
        self.process = subprocess.Popen(
            self.command,
            cwd=self.folder,
            env=self.environ,
            start_new_session=True,  # Ctrl-C must reach the children through us, once
            preexec_fn=_end_with_parent,
        )
        self.started, self.due = now, None
        say(f"{self.name} started (process {self.process.pid})")

    def _ended(self, code: int, now: float) -> None:
        self.signal(signal.SIGTERM)  # its own children may still finish what they are doing
        self.failures = 1 if now - self.started > STEADY_SECONDS else self.failures + 1
        wait = RESTART_SECONDS[min(self.failures, len(RESTART_SECONDS)) - 1]
        self.due = now + wait
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        say(f"{self.name} ended ({how}); starting it again in {wait} s")

    def signal(self, number: int) -> None:
        """Send a signal to the process and to all it has started."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)


def say(text: str) -> None:
    """Print a line; go on where nobody reads any more, because the processes matter more."""
    with contextlib.suppress(OSError):
        print(text, flush=True)


def _end_with_parent() -> None:
    """On Linux, ask for SIGTERM when the parent is killed without a chance to stop its children."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def supervise(children: list[Child], answers: Callable[[], bool], welcome: str) -> None:
    """Keep the children going until SIGINT, SIGTERM or SIGHUP, then stop them all within ten seconds.

    Prints `welcome` once, as soon as `answers` says that the first child does its work.
    Raises NeverReady when that child ends FAILED_STARTS times before.
    """
    asked: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _frame: asked.append(received))
    ready = False
    try:
        while not asked:
            for child in children:
                child.tend(time.monotonic())
            if not ready and (ready := answers()):
                say(welcome)
            if not ready and children[0].failures >= FAILED_STARTS:
                raise NeverReady(children[0].name)
            time.sleep(POLL_SECONDS)
    finally:
        stop(children)


def stop(children: list[Child]) -> None:
    """Ask all children to end, and end by force what is left of them after STOP_SECONDS."""
    say("Stopping …")
    for child in children:
        child.signal(signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    for child in children:
        if child.process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.0, deadline - time.monotonic()))
            child.signal(signal.SIGKILL)
            child.process.wait()
