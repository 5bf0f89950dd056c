"""Processes are started again when they end, and all end together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from companion import dev

pytestmark = pytest.mark.faults

PROGRAM = """
import sys
from pathlib import Path
from companion.supervisor import Child, NeverReady, supervise
folder = Path(sys.argv[1])
children = [Child(name, [sys.executable, sys.argv[2], name, behaviour], folder, {"PATH": "/usr/bin:/bin"})
            for name, behaviour in zip(("web", "worker"), sys.argv[3:])]
try:
    supervise(children, lambda: (folder / "ready").exists(), "welcome")
except NeverReady as failure:
    sys.exit(f"never ready: {failure}")
"""
STAND_IN = Path(__file__).with_name("stand_in.py")

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a supervisor over two children that behave as told; nothing outlives the test."""
    running: list[subprocess.Popen[str]] = []

    def run(web: str, worker: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", PROGRAM, str(tmp_path), str(STAND_IN), web, worker]
        process = subprocess.Popen(command, cwd=dev.ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        running.append(process)
        return process

    yield run
    for process in running:
        process.kill()
        process.wait()
    for number in pids(tmp_path, "*"):
        if alive(number):
            os.kill(number, signal.SIGKILL)


def pids(folder: Path, name: str) -> list[int]:
    """The process numbers that children of this name have left."""
    return [int(file.name.split("-")[1]) for file in folder.glob(f"{name}-*")]


def alive(number: int) -> bool:
    """Whether a process runs; one that only waits to be collected does not."""
    try:
        return ") Z " not in Path(f"/proc/{number}/stat").read_text()
    except OSError:
        return False


def wait_for(question: Callable[[], object], seconds: float = 40) -> None:
    """Ask until the answer is yes."""
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def both_born(folder: Path) -> bool:
    return bool(pids(folder, "web") and pids(folder, "worker"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_both(number: signal.Signals, start: Start, tmp_path: Path) -> None:
    supervisor = start("sleep", "sleep")
    wait_for(lambda: both_born(tmp_path))
    supervisor.send_signal(number)
    assert supervisor.wait(40) == 0
    assert not any(map(alive, pids(tmp_path, "*")))


def test_one_that_does_not_listen_is_ended_by_force(start: Start, tmp_path: Path) -> None:
    supervisor = start("deaf", "sleep")
    wait_for(lambda: both_born(tmp_path))
    supervisor.terminate()
    assert supervisor.wait(20) == 0
    assert not any(map(alive, pids(tmp_path, "*")))


def test_what_a_child_started_ends_with_it(start: Start, tmp_path: Path) -> None:
    supervisor = start("sleep", "parent")
    wait_for(lambda: pids(tmp_path, "grandchild"))
    supervisor.terminate()
    assert supervisor.wait(40) == 0
    assert not any(map(alive, pids(tmp_path, "*")))


@pytest.mark.parametrize("killed", ["web", "worker"])
def test_a_killed_child_is_started_again(killed: str, start: Start, tmp_path: Path) -> None:
    supervisor = start("sleep", "sleep")
    wait_for(lambda: both_born(tmp_path))
    os.kill(pids(tmp_path, killed)[0], signal.SIGKILL)
    wait_for(lambda: len(pids(tmp_path, killed)) == 2)
    other = {"web": "worker", "worker": "web"}[killed]
    assert len(pids(tmp_path, other)) == 1
    supervisor.terminate()
    said = supervisor.communicate(timeout=60)[0]
    assert f"{killed} ended (SIGKILL); starting it again in 1 s" in said


def test_welcome_is_said_once_when_the_first_child_answers(start: Start, tmp_path: Path) -> None:
    supervisor = start("sleep", "sleep")
    (tmp_path / "ready").touch()
    wait_for(lambda: both_born(tmp_path))
    time.sleep(0.3)
    supervisor.terminate()
    assert supervisor.communicate(timeout=60)[0].count("welcome") == 1


def test_a_first_child_that_never_starts_ends_it_all(start: Start, tmp_path: Path) -> None:
    supervisor = start("broken", "sleep")
    said = supervisor.communicate(timeout=60)[0]
    assert supervisor.returncode == 1
    assert "never ready: web" in said
    assert not any(map(alive, pids(tmp_path, "*")))


def test_it_goes_on_when_nobody_reads_any_more(start: Start, tmp_path: Path) -> None:
    supervisor = start("sleep", "sleep")
    wait_for(lambda: both_born(tmp_path))
    assert supervisor.stdout
    supervisor.stdout.close()
    os.kill(pids(tmp_path, "worker")[0], signal.SIGKILL)
    wait_for(lambda: len(pids(tmp_path, "worker")) == 2)
    supervisor.terminate()
    supervisor.wait(40)
    assert not any(map(alive, pids(tmp_path, "*")))


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells a child of its parent's death")
def test_children_do_not_outlive_a_killed_supervisor(start: Start, tmp_path: Path) -> None:
    supervisor = start("sleep", "sleep")
    wait_for(lambda: both_born(tmp_path))
    supervisor.kill()
    wait_for(lambda: not any(map(alive, pids(tmp_path, "*"))))
