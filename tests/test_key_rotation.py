"""Data sealed anew with the newest key: all of it, over a crash, beside writers; what does not open is named."""

import base64
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import sqlalchemy as sa

from companion import key_rotation
from companion.accounts.models import Submission
from companion.database import Base, keyring, transaction
from companion.deletion_list import CIRCLE
from companion.delivery.models import MailAddress
from companion.exchange.operations.listing import deletion_list, write_down
from companion.extensions import db
from companion.key_rotation import seal_anew, sealed_columns
from companion.keyring import KEY_ID_LETTERS, Keyring, parse_keys
from companion.submissions import place_of_answer
from tests import factories
from tests.fixtures import make_app
from tests.people import make_people
from tests.running import ROOT, RunningApp
from tests.test_cli import OTHER_KEY


def with_a_key_in_front(app):
    """The application as it starts with a new key before the old one; gives the old keys."""
    old = app.config["KEYRING"]
    app.config["KEYRING"] = Keyring(parse_keys(OTHER_KEY).keys + old.keys)
    return old


def key_ids():
    """By which key each stored value is sealed."""
    found = set()
    for column in sealed_columns():
        values = db.session.scalars(sa.select(column.table.c[column.name])).all()
        found |= {
            bytes(one[:KEY_ID_LETTERS]).decode() if column.is_bytes else one[:KEY_ID_LETTERS] for one in values if one
        }
    return found


def test_every_sealed_column_of_the_database_is_known():
    named = {f"{column.table.name}.{column.name}" for column in sealed_columns()}
    stored = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if column.name.endswith("_sealed")
    }
    assert stored <= named
    assert named - stored == {"submissions.body"}


def test_afterwards_all_opens_with_the_newest_key_alone(app, people, monkeypatch):
    monkeypatch.setattr(key_rotation, "BATCH", 1)
    with transaction():
        people.circle.patient_name = "Ana"
        factories.push_subscription(people.ana)
        place = place_of_answer(people.ana.id, "c" * 32)
        answer = {"account_id": people.ana.id, "client_id": "c" * 32, "route": "/", "body_hash": "", "status": 303}
        db.session.add(Submission(**answer, body=keyring().lock("{}", place), at=factories.LONG_AGO))
    words = db.session.scalars(sa.select(Submission.body)).one()
    old = with_a_key_in_front(app)
    done = seal_anew()
    assert done.unreadable == []
    assert done.sealed > 5
    newest = parse_keys(OTHER_KEY).keys[0][0]
    assert key_ids() == {newest}
    app.config["KEYRING"] = parse_keys(OTHER_KEY)
    db.session.expire_all()
    assert people.circle.patient_name == "Ana"
    assert people.ana.address.email == "ana@example.org"
    assert keyring().unlock(db.session.scalars(sa.select(Submission.body)).one(), place) == "{}" != words
    app.config["KEYRING"] = Keyring(parse_keys(OTHER_KEY).keys + old.keys)
    assert seal_anew().sealed == 0


def test_the_list_of_what_was_erased_is_sealed_anew_too(app, people):
    with transaction():
        write_down([(CIRCLE, "gone")], factories.LONG_AGO)
    with_a_key_in_front(app)
    seal_anew()
    app.config["KEYRING"] = parse_keys(OTHER_KEY)
    assert deletion_list().idents(CIRCLE) == {"gone"}


def test_a_value_that_does_not_open_is_named_and_kept(app, people):
    with transaction():
        broken = people.ana.address
        broken.email_sealed = before = people.ben.address.email_sealed
    with_a_key_in_front(app)
    done = seal_anew()
    assert done.unreadable == [f"mail_addresses.email_sealed of row {broken.id}"]
    db.session.expire_all()
    assert broken.email_sealed == before
    assert people.sam.address.email == "sam@example.org"


def test_what_somebody_writes_meanwhile_stays(app, people):
    with_a_key_in_front(app)
    written = []

    @sa.event.listens_for(db.engine, "before_cursor_execute", retval=True)
    def write_before(connection, _cursor, statement, parameters, _context, _many):
        if statement.startswith("UPDATE mail_addresses") and not written:
            written.append(True)
            connection.exec_driver_sql("UPDATE mail_addresses SET email_sealed = 'newer'")
        return statement, parameters

    seal_anew()
    sa.event.remove(db.engine, "before_cursor_execute", write_before)
    assert set(db.session.scalars(sa.select(MailAddress.email_sealed))) == {"newer"}


@pytest.fixture
def program(empty_sqlite: Path, tmp_path: Path):
    """The program on a data folder with people in it, and its command line."""
    shutil.copytree(empty_sqlite, tmp_path / "data")
    app = make_app(tmp_path / "data")
    with app.app_context(), transaction():
        make_people(app)
    with app.app_context():
        db.engine.dispose()
    running = RunningApp(tmp_path)

    def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        command = running.command("rotate-keys", *arguments)
        return subprocess.run(
            command, cwd=ROOT, env=running.environ | environ, capture_output=True, text=True, timeout=60
        )

    run.data = tmp_path / "data"
    return run


def test_killed_in_the_middle_it_goes_on_where_it_stood(program):
    first = program("--add-key")
    assert first.returncode == 0
    assert (program.data / "data_keys").stat().st_mode & 0o777 == 0o600
    assert len(parse_keys((program.data / "data_keys").read_text()).keys) == 2
    assert program(COMPANION_TEST_FAILPOINTS="between_batches:12").returncode == -9
    done = program()
    assert (done.returncode, done.stderr) == (0, "")
    assert "0 values" not in done.stdout
    assert "0 values" in program().stdout


def test_with_wrong_keys_it_touches_nothing(program):
    before = (program.data / "companion.db").read_bytes()
    wrong = base64.urlsafe_b64encode(os.urandom(32)).decode()
    done = program(COMPANION_DATA_KEYS=wrong)
    assert done.returncode == 2
    assert "other keys than the database" in done.stderr
    done = program("--add-key", COMPANION_DATA_KEYS=(program.data / "data_keys").read_text().strip())
    assert done.returncode == 2
    assert "COMPANION_DATA_KEYS" in done.stderr
    assert (program.data / "companion.db").read_bytes() == before
