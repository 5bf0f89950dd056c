"""The command that people type, as a process: what it refuses in one line, and that it starts and stops."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from companion import dev

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(not dev.is_installed(dev.RUNTIME), reason="companion.dev would have to install first"),
]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as once:
        return int(once.getsockname()[1])


class Run:
    """`python3 -m companion.dev run` in a process, and all it has printed so far."""

    def __init__(self, data: Path, *arguments: str, **environ: str) -> None:
        self.port = int(environ.setdefault("PORT", str(free_port())))
        self.environ = {"PATH": "/usr/bin:/bin", "COMPANION_DATA": str(data), **environ}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "companion.dev", "run", *arguments],
            cwd=dev.ROOT,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line)

    @property
    def said(self) -> str:
        """All that was printed."""
        return "".join(self.lines)

    def ended(self, seconds: float = 60) -> int:
        """The exit code, once it has ended and all it said was read."""
        code = self.process.wait(seconds)
        self.reader.join(seconds)
        return code

    def number_of(self, name: str) -> int:
        """The process number of the web or worker that was started last."""
        found = re.findall(rf"^{name} started \(process (\d+)\)", self.said, re.MULTILINE)
        return int(found[-1]) if found else 0

    def wait_for(self, question: Callable[[], object], seconds: float = 60) -> None:
        """Ask until the answer is yes."""
        deadline = time.monotonic() + seconds
        while not question():
            assert time.monotonic() < deadline, self.said
            assert self.process.poll() is None, self.said
            time.sleep(0.05)

    def is_up(self, path: str = "/healthz") -> bool:
        """Whether the web process answers; whether the worker does its work too, with /readyz."""
        try:
            url = f"http://127.0.0.1:{self.port}{path}"
            with urllib.request.urlopen(url, timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def ready(self) -> "Run":
        """Wait until it says so."""
        self.wait_for(lambda: "is ready" in self.said)
        return self


Start = Callable[..., Run]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts the command; nothing outlives the test."""
    runs: list[Run] = []

    def run(data: Path, *arguments: str, **environ: str) -> Run:
        runs.append(Run(data, *arguments, **environ))
        return runs[-1]

    yield run
    for one in runs:
        if one.process.poll() is None:
            one.process.terminate()
            one.ended()


def left_over(data: Path) -> list[str]:
    """Processes that were started for this data folder and are still there."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"COMPANION_DATA={data}\0" in (folder / "environ").read_text(errors="replace") + "\0":
                found.append((folder / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue  # ended meanwhile
    return found


def one_line(run: Run) -> str:
    """What a refused start said: one line, and no traceback."""
    assert run.ended() != 0
    assert len(run.lines) == 1, run.said
    return run.said


def test_busy_port_is_one_line(start: Start, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = str(busy.getsockname()[1])
        said = one_line(start(tmp_path / "data", PORT=port))
    assert f"PORT={port}" in said
    assert "in use" in said
    assert not (tmp_path / "data").exists()


def test_unwritable_data_folder_is_one_line(start: Start, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "COMPANION_DATA" in one_line(start(tmp_path / "file" / "data"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "80000"),
        ("HOST", "0.0.0.0"),
        ("COMPANION_BASE_URL", "companion.example.org"),
        ("COMPANION_DATABASE_URL", "mysql://localhost/companion"),
        ("COMPANION_SMTP_URL", "http://localhost"),
        ("COMPANION_TICK_SECONDS", "soon"),
        ("COMPANION_SECRET_KEY", "short"),
        ("COMPANION_DATA_KEYS", "not base64"),
    ],
)
def test_bad_setting_is_one_line_that_names_it(name: str, value: str, start: Start, tmp_path: Path) -> None:
    said = one_line(start(tmp_path / "data", **{name: value}))
    assert name in said


@pytest.mark.long
def test_database_of_a_newer_version_is_one_line(start: Start, tmp_path: Path) -> None:
    data = tmp_path / "data"
    start(data).ready().process.terminate()
    database = sqlite3.connect(data / "companion.db")
    with database:
        database.execute("update alembic_version set version_num = 'of-tomorrow'")
    database.close()
    assert "newer version" in one_line(start(data))


def test_it_starts_says_how_to_sign_in_and_stops_within_ten_seconds(start: Start, tmp_path: Path) -> None:
    data = tmp_path / "data"
    run = start(data).ready()
    assert f"http://127.0.0.1:{run.port}\n" in run.said
    assert str(data / "outbox") in run.said
    run.wait_for(run.is_up)
    for secret in ("secret_key", "data_keys"):
        assert (data / secret).stat().st_mode & 0o777 == 0o600
    asked = time.monotonic()
    run.process.send_signal(signal.SIGINT)
    assert run.ended() == 0
    assert time.monotonic() - asked < 10
    assert left_over(data) == []
    assert not run.is_up()


@pytest.mark.long
def test_killed_web_and_worker_come_back(start: Start, tmp_path: Path) -> None:
    run = start(tmp_path / "data", COMPANION_TICK_SECONDS="0.2").ready()
    run.wait_for(lambda: run.is_up("/readyz"))
    run.wait_for(lambda: run.said.count('"event": "worker started"') == 1)
    web, worker = run.number_of("web"), run.number_of("worker")
    os.kill(web, signal.SIGKILL)
    os.kill(worker, signal.SIGKILL)
    run.wait_for(lambda: run.number_of("web") != web and run.number_of("worker") != worker)
    run.wait_for(lambda: run.is_up("/readyz"))
    run.wait_for(lambda: run.said.count('"event": "worker started"') == 2)
    assert run.said.count("worker ended") == 1


@pytest.mark.long
def test_the_demo_is_thrown_away(start: Start, tmp_path: Path) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    run = start(tmp_path / "data", "--demo", TMPDIR=str(folder)).ready()
    assert "Continue as Ana / Ben / Vera / Sam" in run.said
    assert [made.name for made in folder.glob("companion-demo-*/companion.db")] == ["companion.db"]
    run.process.terminate()
    assert run.ended() == 0
    assert list(folder.iterdir()) == []
    assert not (tmp_path / "data").exists()


@pytest.mark.long
@pytest.mark.parametrize("after", [step / 4 for step in range(16)])
def test_it_stops_at_any_moment(after: float, start: Start, tmp_path: Path) -> None:
    data = tmp_path / "data"
    run = start(data)
    time.sleep(after)
    asked = time.monotonic()
    run.process.terminate()
    run.ended()
    assert time.monotonic() - asked < 10
    assert left_over(data) == []
    assert "Traceback" not in run.said
