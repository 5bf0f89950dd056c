"""The machine itself fails: a full disk, a locked or damaged database, a wrong clock, a web process that is stuck."""

import ctypes
import json
import os
import random
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time
import urllib.error
import urllib.request
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from companion.database import transaction
from companion.delivery.models import Delivery
from companion.delivery.operations import beat
from companion.extensions import db
from tests.running import PATIENCE_SECONDS, ROOT, wait_until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


@pytest.fixture
def only_sqlite(story):
    if story.database_url:
        pytest.skip("about the file of SQLite")
    return story.folder / "data" / "companion.db"


def ready(story):
    """What /readyz says: status code and text."""
    try:
        with urllib.request.urlopen(f"{story.worker.url}/readyz", timeout=PATIENCE_SECONDS) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def files_may_grow(process, to_bytes):
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (to_bytes, resource.RLIM_INFINITY))


def processes_of(number):
    """A process and its children."""
    children = Path(f"/proc/{number}/task/{number}/children").read_text().split()
    return [number, *map(int, children)]


def test_f07_without_room_on_the_disk_nothing_is_sent_and_all_goes_on_once_there_is_room(story, only_sqlite):
    """A lease that cannot be written down sends nothing."""
    story.worker.start("worker")
    wait_until(story.has_ticked)
    files_may_grow(story.worker.processes["worker"], 4096)
    people = story.people(3)
    time.sleep(1.5)
    assert not story.server.messages
    assert story.states() in ({"pending": 3}, {})
    files_may_grow(story.worker.processes["worker"], resource.RLIM_INFINITY)
    story.settle(accepted=3)
    assert story.server.counts() == dict.fromkeys(people, 1)
    with sqlite3.connect(only_sqlite) as database:
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)


@pytest.mark.long
def test_f08_a_database_that_another_holds_is_waited_for(story, only_sqlite):
    """Longer than the time-out; nothing crashes, nothing is lost or sent twice."""
    people = story.people(3)
    story.server.stop()
    story.worker.start("worker")
    wait_until(lambda: story.attempts() == ["temporary"] * 3)
    story.server.start()
    other = sqlite3.connect(only_sqlite, isolation_level=None, timeout=20)
    other.execute("begin immediate")
    story.worker.move_to(story.worker.now() + timedelta(seconds=40))
    time.sleep(7)
    assert not story.server.messages
    assert story.worker.processes["worker"].poll() is None
    other.execute("rollback")
    other.close()
    story.settle(accepted=3)
    assert story.server.counts() == dict.fromkeys(people, 1)


def like_any_other_user():
    """In a child: nothing may be written against the rights of a file, also when the tests run as root."""
    drop_bounding, may_pass_rights = 24, 1
    ctypes.CDLL(None).prctl(drop_bounding, may_pass_rights, 0, 0, 0)


DAMAGES = ["no database", "a page is overwritten", "the file is read-only", "the folder is read-only"]


@pytest.mark.parametrize("damage", DAMAGES)
def test_f09_a_start_is_refused_rather_than_made_on_an_empty_database(story, only_sqlite, damage):
    """With people in it before, an empty database in its place would send nothing, and nobody would know."""
    story.people(1)
    story.close()
    folder = only_sqlite.parent
    if damage == "no database":
        for path in folder.glob("companion.db*"):
            path.unlink()
    elif damage == "a page is overwritten":
        with only_sqlite.open("r+b") as file:
            file.write(b"\0" * 4096)
    elif damage == "the file is read-only":
        only_sqlite.chmod(0o444)
    else:
        folder.chmod(0o555)
    command = story.worker.command("worker", "--once")
    environ = story.worker.environ
    done = subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, preexec_fn=like_any_other_user
    )
    folder.chmod(0o755)
    assert done.returncode != 0
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert not story.server.messages


@pytest.mark.long
def test_f23_a_clock_that_is_wrong_for_a_moment_sends_and_expires_nothing(story):
    """The year 2099 for one tick, then back."""
    people = story.people(2)
    story.server.odd["p0@example.org"] = ["451 4.7.1 come back later"]
    story.worker.environ["COMPANION_HOLD_SECONDS"] = "2"
    story.worker.start("worker")
    story.settle(accepted=1, pending=1)
    story.worker.wall_is_off_by(timedelta(days=365 * 73))
    time.sleep(1.2)
    story.worker.wall_is_off_by(timedelta(0))
    time.sleep(1.2)
    planned = story.read(sa.select(Delivery.stage, Delivery.state))
    assert {state for _, state in planned} == {"accepted", "pending"}
    story.worker.move_to(story.worker.now() + timedelta(seconds=40))
    story.settle(accepted=2)
    assert story.server.counts() == dict.fromkeys(people, 1)


@pytest.mark.long
def test_f22_a_wall_clock_set_back_by_two_days_repeats_nothing_and_goes_on(story):
    people = story.people(1)
    story.worker.environ["COMPANION_HOLD_SECONDS"] = "1"
    story.worker.start("worker")
    story.settle(accepted=1)
    story.worker.wall_is_off_by(-timedelta(days=2))
    time.sleep(1)
    more = story.people_named("q1@example.org", now=story.worker.now() - timedelta(days=2))
    wait_until(lambda: story.server.counts()["q1@example.org"])
    assert story.server.counts() == dict.fromkeys([*people, *more], 1)


def test_f50_reminders_go_on_while_the_web_process_is_stuck_and_the_reverse(story):
    """Slow connections fill every thread of web; the worker asleep leaves web answering, red on /readyz."""
    story.worker.start("web", "worker")
    idle = [socket.create_connection(("127.0.0.1", story.worker.port)) for _ in range(300)]
    for one in idle:
        one.sendall(b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\nx")
    people = story.people(2)
    story.settle(accepted=2)
    assert story.server.counts() == dict.fromkeys(people, 1)
    for one in idle:
        one.close()
    wait_until(story.worker.answers)
    worker = story.worker.processes["worker"]
    worker.send_signal(signal.SIGSTOP)
    story.worker.move_to(story.worker.now() + timedelta(minutes=3))
    try:
        wait_until(lambda: ready(story)[0] == 503)
        assert '"late"' in ready(story)[1]
    finally:
        worker.send_signal(signal.SIGCONT)
    wait_until(lambda: ready(story)[0] == 200)


@pytest.mark.long
@pytest.mark.parametrize("loss", ["out of files", "killed for its memory"])
def test_f50_reminders_go_on_while_web_cannot_open_a_file_or_is_gone(story, loss):
    """What takes the web process away takes no reminder with it."""
    story.worker.start("web", "worker")
    web = story.worker.processes["web"]
    idle = []
    if loss == "out of files":
        for number in processes_of(web.pid):
            resource.prlimit(number, resource.RLIMIT_NOFILE, (24, 4096))
        idle = [socket.create_connection(("127.0.0.1", story.worker.port)) for _ in range(60)]
    else:
        for number in processes_of(web.pid):
            os.kill(number, signal.SIGKILL)
    people = story.people(2)
    story.settle(accepted=2)
    assert story.server.counts() == dict.fromkeys(people, 1)
    for one in idle:
        one.close()
    if loss == "out of files":
        for number in processes_of(web.pid):
            resource.prlimit(number, resource.RLIMIT_NOFILE, (4096, 4096))
        wait_until(story.worker.answers)


def test_f48_a_poisoned_reminder_fails_alone_and_the_operator_is_told(phones, story):
    """A circle in a zone that does not exist."""
    people = story.people(3)
    with story.app.app_context(), transaction():
        db.session.execute(sa.text("update infusion_days set tz = 'Nowhere/At_All' where id = 1"))
    story.worker.start("worker")
    story.settle(accepted=2)
    assert set(story.server.counts()) == set(people[1:])
    assert story.worker.processes["worker"].poll() is None
    events = {alarm["event"] for alarm in phones.alarms()}
    assert ("circle could not be planned" in events, "job failed" in events) == (True, False)


@pytest.mark.long
def test_f53_a_log_that_cannot_be_written_stops_no_reminder(story):
    """Standard error is a full device."""
    people = story.people(2)
    with Path("/dev/full").open("wb") as story.worker.log:
        story.worker.start("worker")
        story.settle(accepted=2)
    assert story.server.counts() == dict.fromkeys(people, 1)


@pytest.mark.long
def test_f11_what_was_acknowledged_is_in_every_copy_made_afterwards(story, only_sqlite, tmp_path):
    """Database and log copied at random moments, as a power cut would leave them."""
    story.people(1)
    acknowledged, stop = [0], threading.Event()

    def write():
        while not stop.is_set():
            with story.app.app_context(), transaction():
                db.session.execute(sa.text("update heartbeats set at = at"))
                beat("count", now=story.worker.now(), number=acknowledged[0] + 1)
            acknowledged[0] += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(40):
            time.sleep(random.random() / 50)
            before, copy = acknowledged[0], tmp_path / f"copy{number}.db"
            for suffix in ("-wal", ""):
                with suppress(FileNotFoundError):
                    shutil.copyfile(f"{only_sqlite}{suffix}", f"{copy}{suffix}")
            with closing(sqlite3.connect(copy)) as database:
                row = database.execute("select detail from heartbeats where name = 'count'").fetchone()
            assert (json.loads(row[0])["number"] if row else 0) >= before
    finally:
        stop.set()
        writer.join()
    assert acknowledged[0] > 40


@pytest.mark.long
def test_f10_connections_that_die_under_it_cost_no_message(story):
    """The server of the database ends every connection, again and again."""
    if not story.database_url:
        pytest.skip("about a database server")
    people = story.people(12)
    story.server.seconds = 0.2
    story.worker.start("worker")
    wait_until(lambda: story.server.messages)
    ended = "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = :name"
    admin = sa.create_engine(story.database_url)
    for _ in range(4):
        with admin.connect() as connection:
            connection.execute(sa.text(ended), {"name": admin.url.database})
        admin.dispose()
        time.sleep(0.5)
    story.close()
    wait_until(lambda: set(story.server.counts()) == set(people))
    story.settle(accepted=12)
    assert sum(story.server.counts().values()) <= 12 + 4
    assert all(len(story.server.ids_of(person)) == 1 for person in people)
