"""The application as people run it: real processes, a real SMTP server, a clock that tests can move."""

import email
import email.policy
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_SECONDS = 90.0
"""A process may take most of it to start, where many others want the same two cores."""


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(what: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> Any:
    """The first true answer; fails when none comes in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = what()
        if answer:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"did not happen within {seconds} s: {getattr(what, '__doc__', None) or what}")


class MailSink:
    """A real SMTP server on loopback that keeps what it is handed."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep one message."""
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        return "250 kept"

    def start(self) -> None:
        """Listen."""
        self._controller.start()

    def stop(self) -> None:
        """Stop listening."""
        self._controller.stop()

    def to(self, address: str) -> list[EmailMessage]:
        """What was sent to an address, in order."""
        return [m for m in self.messages if address in str(m["To"])]


def text_of(message: EmailMessage) -> str:
    """The plain text of a mail."""
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def links_in(message: EmailMessage) -> list[str]:
    """The addresses in the plain text of a mail."""
    return re.findall(r"https?://\S+", text_of(message))


class RunningApp:
    """Web and worker on a fresh data folder. `offset` moves the clock of both."""

    def __init__(self, folder: Path, mail: MailSink | None = None, **environ: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.clock_file = folder / "clock"
        self.clock_file.write_text("0")
        self.offset = timedelta(0)
        self.log = (folder / "log").open("ab")
        self.environ = {
            **{k: v for k, v in os.environ.items() if not k.startswith("COMPANION_")},
            "COMPANION_DATA": str(folder / "data"),
            "COMPANION_TESTING": "1",
            "COMPANION_TEST_CLOCK": str(self.clock_file),
            "COMPANION_TICK_SECONDS": "0.3",
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            **({"COMPANION_SMTP_URL": f"smtp://127.0.0.1:{mail.port}"} if mail else {}),
            **environ,
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def flask(self, *arguments: str) -> None:
        """Run one command to its end."""
        subprocess.run(
            self.command(*arguments), cwd=ROOT, env=self.environ, check=True, stdout=self.log, stderr=self.log
        )

    def command(self, *arguments: str) -> list[str]:
        """The command line of one of the program's commands."""
        return [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]

    def start(self, *parts: str) -> None:
        """Start processes: `web`, `worker` or both."""
        commands = {
            "web": [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "wsgi:app"],
            "worker": [sys.executable, "-m", "flask", "--app", "wsgi", "worker"],
        }
        for part in parts or ("web", "worker"):
            self.processes[part] = subprocess.Popen(
                commands[part], cwd=ROOT, env=self.environ, stdout=self.log, stderr=self.log
            )
        if "web" in self.processes:
            wait_until(self.answers)

    def answers(self) -> bool:
        """Whether the web process answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=10) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def now(self) -> datetime:
        """The time of the running application."""
        return datetime.now(UTC) + self.offset

    def move_to(self, moment: datetime) -> None:
        """Set the clock of all processes."""
        self.offset = moment - datetime.now(UTC)
        fresh = self.clock_file.with_suffix(".new")
        fresh.write_text(str(self.offset.total_seconds()))
        fresh.replace(self.clock_file)

    def wall_is_off_by(self, error: timedelta) -> None:
        """Set the wall clock of all processes wrong; the clock that only runs forward stays right."""
        fresh = self.clock_file.with_suffix(".new")
        fresh.write_text(f"{self.offset.total_seconds()} {error.total_seconds()}")
        fresh.replace(self.clock_file)

    def kill(self, part: str) -> None:
        """kill -9."""
        process = self.processes.pop(part)
        process.send_signal(signal.SIGKILL)
        process.wait(10)

    def end(self, *parts: str) -> None:
        """SIGTERM to some, and wait."""
        ended = [self.processes.pop(part) for part in parts]
        for process in ended:
            process.terminate()
        for process in ended:
            process.wait(15)

    def stop(self) -> None:
        """SIGTERM to all, and wait."""
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        self.log.close()
