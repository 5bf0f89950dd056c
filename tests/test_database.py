"""What the tables keep, and the one way to write, on both databases."""

import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, g
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError, StatementError

from companion.accounts.models import Account
from companion.circles.models import Circle, Contact, Weight
from companion.database import BUSY_MS, Thousandths, UTCDateTime, transaction
from companion.extensions import db
from companion.keyring import BadKey, parse_keys
from tests import factories
from tests.people import People

ON_SQLITE = pytest.mark.parametrize("app", ["sqlite"], indirect=True)
DIALECT = sa.create_engine("sqlite://").dialect
AT = datetime(2026, 11, 24, 9, 30, 15, 123456, tzinfo=timezone(timedelta(hours=8)))


def stored(row: Any, column: str) -> Any:
    """What the table holds, not what the row makes of it."""
    table = row.__table__
    query = sa.select(sa.type_coerce(table.c[column], sa.Text)).where(table.c.id == row.id)
    return db.session.execute(query).scalar_one()


# --- encrypted text ---


def test_text_is_kept_sealed_and_comes_back(people: People) -> None:
    with transaction():
        people.ana.name = "安娜 Ana"
    db.session.expire_all()
    assert people.ana.name == "安娜 Ana"
    assert "Ana" not in stored(people.ana, "name_sealed")
    with transaction():
        people.ana.name = None
    assert people.ana.name is None
    assert stored(people.ana, "name_sealed") is None


def test_a_sealed_value_opens_in_no_other_row(people: People) -> None:
    with transaction():
        people.ben.name_sealed = people.ana.name_sealed
    with pytest.raises(BadKey):
        _ = people.ben.name


def test_a_sealed_value_opens_in_no_other_column(people: People) -> None:
    with transaction():
        contact = factories.add(Contact(circle_id=people.circle.id, kind="clinic", name="Ward 5", phone="112"))
    with transaction():
        contact.phone_sealed = contact.name_sealed
    with pytest.raises(BadKey):
        _ = contact.phone
    assert contact.name == "Ward 5"


def test_a_changed_value_is_refused(people: People) -> None:
    sealed = people.ana.name_sealed or ""
    with transaction():
        people.ana.name_sealed = sealed[:-4] + ("AAAA" if sealed[-4:] != "AAAA" else "BBBB")
    with pytest.raises(BadKey):
        _ = people.ana.name


def test_a_new_key_in_front_keeps_the_old_values(app: Flask, people: People) -> None:
    old, fresh = app.config["KEYRING"], parse_keys("A" * 43 + "=")
    app.config["KEYRING"] = type(old)(fresh.keys + old.keys)
    assert people.ana.name == "Ana"
    with transaction():
        people.ana.name = "Anna"
    assert (people.ana.name_sealed or "").startswith(fresh.keys[0][0])
    app.config["KEYRING"] = fresh
    with pytest.raises(BadKey):
        _ = people.ben.name


# --- instants and quantities ---


def test_an_instant_comes_back_in_utc(people: People) -> None:
    with transaction():
        people.ana.created_at = AT
    db.session.expire_all()
    assert people.ana.created_at == AT
    assert people.ana.created_at.tzinfo is UTC


def test_a_naive_instant_is_refused(people: People) -> None:
    with pytest.raises(StatementError, match="time zone"), transaction():
        people.ana.created_at = datetime(2026, 11, 24)  # noqa: DTZ001
    assert UTCDateTime().process_bind_param(None, DIALECT) is None


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=3))
def test_thousandths_are_exact(value: Decimal) -> None:
    kind = Thousandths()
    kept = kind.process_bind_param(value, DIALECT)
    assert isinstance(kept, int)
    back = kind.process_result_value(kept, DIALECT)
    assert back == value
    assert "E" not in str(back)


@given(st.lists(st.decimals(min_value=0, max_value=500, places=3), min_size=2))
def test_thousandths_sort_as_numbers(values: list[Decimal]) -> None:
    kept = {value: Thousandths().process_bind_param(value, DIALECT) or 0 for value in values}
    assert sorted(values) == sorted(values, key=lambda value: kept[value])


def test_quantities_come_back_as_they_were_typed(people: People) -> None:
    texts = ["0", "0.001", "12.5", "72.125", "1000", "9999999.999"]
    with transaction():
        for day, text in enumerate(texts, start=1):
            facts = {"on": date(2026, 11, day), "weight_kg": Decimal(text), "recorded_at": AT}
            factories.add(Weight(circle_id=people.circle.id, **facts))
    db.session.expire_all()
    back = db.session.scalars(sa.select(Weight).order_by(Weight.on))
    assert [f"{weight.weight_kg:f}" for weight in back] == texts


def test_more_places_are_rounded() -> None:
    assert Thousandths().process_bind_param(Decimal("12.3456"), DIALECT) == 12346
    assert Thousandths().process_result_value(None, DIALECT) is None


# --- transactions ---


def names(engine: sa.Engine) -> list[str]:
    """The countries of all circles, as another connection sees them."""
    with engine.connect() as other:
        return sorted(other.scalars(sa.select(Circle.country)).all())


def test_only_the_outermost_block_commits(app: Flask, people: People) -> None:
    with transaction():
        with transaction():
            people.circle.country = "FR"
        db.session.flush()
        assert names(db.engine) == ["GB", "GB"]
    assert names(db.engine) == ["FR", "GB"]


def test_an_error_takes_everything_back(app: Flask, people: People) -> None:
    def fail() -> None:
        with transaction():
            people.circle.country = "FR"
            with transaction():
                people.sams_circle.country = "DE"
                db.session.flush()
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert names(db.engine) == ["GB", "GB"]
    assert not g.in_transaction
    with transaction():
        people.circle.country = "IT"
    assert names(db.engine) == ["GB", "IT"]


@ON_SQLITE
def test_every_connection_has_its_settings(app: Flask) -> None:
    with db.engine.connect() as one, db.engine.connect() as other:
        for connection in (one, other):
            found = {
                name: connection.exec_driver_sql(f"pragma {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            }
            assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}
    assert BUSY_MS == 5000


@pytest.mark.parametrize("app", ["postgresql"], indirect=True)
def test_nobody_waits_for_ever_on_the_other_database(app: Flask) -> None:
    assert db.session.scalar(sa.text("show lock_timeout")) == "5s"


@ON_SQLITE
def test_a_row_that_points_nowhere_is_refused(app: Flask) -> None:
    with pytest.raises(sa.exc.IntegrityError), transaction():
        factories.add(Contact(circle_id=4711, kind="clinic"))


def quick(app: Flask) -> None:
    """New connections give up after a tenth of a second."""

    @sa.event.listens_for(db.engine, "connect")
    def shorten(connection: Any, record: Any) -> None:
        if db.engine.dialect.name == "sqlite":
            connection.execute("pragma busy_timeout=100")
        else:
            connection.autocommit = True
            connection.execute("set lock_timeout = 100")
            connection.autocommit = False

    db.session.rollback()
    db.engine.dispose()


@contextmanager
def locked(app: Flask) -> Iterator[None]:
    """Somebody else is writing, and does not end."""
    config = app.config["COMPANION"]
    if db.engine.dialect.name == "sqlite":
        other = sqlite3.connect(sa.make_url(config.database_url).database or "", isolation_level=None)
        other.execute("begin immediate")
        yield
        other.rollback()
        other.close()
        return
    engine = sa.create_engine(config.database_url)
    with engine.connect() as connection:
        connection.execute(sa.text("lock table accounts, check_ins, circles in exclusive mode"))
        yield
    engine.dispose()


@ON_SQLITE
def test_the_write_lock_is_taken_before_the_first_read(app: Flask, people: People) -> None:
    """A transaction that read first could never be upgraded: it would fail at once, however long it may wait."""
    quick(app)
    with locked(app):
        began = time.monotonic()
        with pytest.raises(OperationalError, match="locked"), transaction():
            pytest.fail("the block must not begin")
        assert 0.05 < time.monotonic() - began < 3
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Account)) == 4
    with transaction():
        people.circle.country = "FR"
    assert names(db.engine) == ["FR", "GB"]


@ON_SQLITE
def test_a_reader_does_not_wait_for_a_writer(app: Flask, people: People) -> None:
    with locked(app):
        began = time.monotonic()
        assert names(db.engine) == ["GB", "GB"]
        assert time.monotonic() - began < 1


# --- busy ---

CheckIn = dict[str, str]


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_a_busy_database_is_said_to_be_busy(
    app: Flask, people: People, client_of: Callable[..., FlaskClient], accept: str
) -> None:
    client, form = client_of(people.ana), {"left_rating": "3", "client_id": "one"}
    quick(app)
    with locked(app):
        answer = client.post("/check-ins", data=form, headers={"Accept": accept})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert answer.mimetype == accept
    assert "Nothing was saved" in answer.text
    assert client.post("/check-ins", data=form, headers={"Accept": accept}).status_code in (201, 303)


@ON_SQLITE
def test_even_a_reader_is_told_when_the_whole_file_is_held(
    app: Flask, people: People, client_of: Callable[..., FlaskClient]
) -> None:
    """As after a restore or a repair by hand: then not even the page of the error can ask who is signed in."""
    client = client_of(people.ana)
    db.session.rollback()
    db.engine.dispose()
    other = sqlite3.connect(sa.make_url(app.config["COMPANION"].database_url).database or "", isolation_level=None)
    other.execute("pragma locking_mode=exclusive")
    other.execute("pragma journal_mode=delete")
    other.execute("begin exclusive")
    answer = client.get("/")
    other.rollback()
    other.close()
    assert answer.status_code == 503
    assert re.search(r"<h1>Busy for a moment", answer.text)


@ON_SQLITE
def test_without_room_on_the_disk_it_is_said_that_nothing_was_saved(
    app: Flask, people: People, client_of: Callable[..., FlaskClient]
) -> None:
    client, form = client_of(people.ana), {"note": "word " * 900, "left_rating": "3", "client_id": "one"}

    def fill(connection: Any, record: Any) -> None:
        connection.execute("vacuum")  # pages that migrations left empty are room
        connection.execute("pragma max_page_count=1")  # as many as there are now is the least

    db.session.rollback()
    db.engine.dispose()
    sa.event.listen(db.engine, "connect", fill)
    answer = client.post("/check-ins", data=form)
    assert (answer.status_code, "Nothing was saved" in answer.text) == (503, True)
    sa.event.remove(db.engine, "connect", fill)
    db.session.rollback()
    db.engine.dispose()
    assert client.post("/check-ins", data=form).status_code == 303


HOLD = """
import sqlite3, sys, time
c = sqlite3.connect(sys.argv[1], isolation_level=None)
c.execute("begin immediate"); print("held", flush=True); time.sleep(float(sys.argv[2])); c.rollback()
"""


@contextmanager
def held_for(app: Flask, seconds: float) -> Iterator[None]:
    """Another process holds the write lock of the file for a while."""
    path = sa.make_url(app.config["COMPANION"].database_url).database or ""
    command = [sys.executable, "-c", HOLD, path, str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        yield
        other.kill()


@ON_SQLITE
def test_a_short_wait_is_waited_out(app: Flask, people: People, client_of: Callable[..., FlaskClient]) -> None:
    client = client_of(people.ana)
    with held_for(app, 1):
        assert client.post("/check-ins", data={"left_rating": "3"}).status_code == 303


@ON_SQLITE
def test_a_lock_of_more_than_six_seconds_is_an_answer_and_no_error(
    app: Flask, people: People, client_of: Callable[..., FlaskClient]
) -> None:
    client = client_of(people.ana)
    with held_for(app, 7):
        began = time.monotonic()
        answer = client.post("/check-ins", data={"left_rating": "3"})
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert 4.5 < time.monotonic() - began < 6.9


def test_what_a_database_cannot_hold_is_the_askers_mistake(
    app: Flask, people: People, client_of: Callable[..., FlaskClient]
) -> None:
    client = client_of(people.ana)
    assert client.get("/check-ins/%00").status_code in (400, 404)
    assert client.get("/check-ins?circle=%00").status_code in (400, 404)
    assert client.post("/check-ins", data={"left_rating": "3", "client_id": "\0"}).status_code == 422
