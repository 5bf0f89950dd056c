"""Does every page stay quick after ten years? A circle with ten years of weekly infusions beside an empty one.

Both circles have the same weekly plan under the skin. One began ten years ago: 520 infusions that were given,
2,080 vials, a weight a year, some reactions. The other begins tomorrow. Every page that a member can open is asked
for in turns, in this process, on SQLite. What counts is the ratio of the medians; the promise is at most 2.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ["COMPANION_TESTING"] = "1"

import sqlalchemy as sa
from flask import Flask

from companion import clock, create_app
from companion.access import access_of
from companion.accounts.models import Account, AccountSession
from companion.accounts.queries import token_hash
from companion.circles.models import Circle, Membership, Weight
from companion.cli import migrate
from companion.config import load_config
from companion.database import public_id, transaction
from companion.domain.lots import normalise
from companion.domain.roles import rights_of
from companion.extensions import db
from companion.infusions import operations
from companion.infusions.models import DONE, Infusion, InfusionDay, Reaction, Vial

WEEKS, VIALS_EACH, TARGET = 520, 4, 2.0
WORDS = {"kind": "clinic", "group": "name"}
"""What stands in an address that is not the id of a row."""


@dataclass
class Side:
    """One of the two circles: who asks, and the rows that addresses may name."""

    name: str
    circle: Circle
    cookie: str
    rows: dict[type[Any], str] = field(default_factory=dict)
    times: dict[str, list[float]] = field(default_factory=dict)


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--quick", action="store_true", help="fewer turns, under 50 seconds")
    asked.add_argument("--json", action="store_true", help="the last line is one JSON object")
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        app = _app(Path(folder))
        with app.app_context():
            migrate()
            sides = [_side("ten years", WEEKS), _side("empty", 0)]
            pages = list(_pages(app, sides))
            for _turn in range(7 if options.quick else 40):
                for page in pages:
                    for side in sides:
                        _ask(app, side, page)
    _tell(sides, pages, as_json=options.json)


def _app(folder: Path) -> Flask:
    app = create_app(load_config({"COMPANION_DATA": str(folder), "COMPANION_TESTING": "1", "PORT": "80"}))
    app.config["RATELIMIT_ENABLED"] = False
    return app


def _side(name: str, weeks: int) -> Side:
    now = clock.now()
    today = now.date()
    with transaction():
        account = Account(name="Ana", tz="Europe/London", created_at=now)
        db.session.add(account)
        db.session.flush()
        circle = Circle(patient_account_id=account.id, tz="Europe/London", country="GB", stage="on_treatment")
        circle.created_at = now
        db.session.add(circle)
        db.session.flush()
        db.session.add(
            Membership(
                circle_id=circle.id,
                account_id=account.id,
                preset="patient",
                rights=rights_of("patient", True),
                created_at=now,
            )
        )
        cookie = public_id()
        db.session.add(
            AccountSession(
                account_id=account.id,
                token_hash=token_hash(cookie),
                device="benchmark",
                created_at=now,
                last_seen_at=now,
                expires_at=now + timedelta(days=9),
            )
        )
        regimen = operations.start_regimen(
            circle,
            first_on=today + timedelta(days=1),
            interval_count=1,
            interval_unit="week",
            route="SC",
            product="Hizentra",
            local_time="09:00",
            place="At home",
            at_home=True,
            now=now,
        )
        for week in range(weeks, 0, -1):
            _given(circle, regimen.id, today - timedelta(days=7 * week - 1), now, week)
        for year in range(weeks // 52):
            on = today - timedelta(days=365 * year + 1)
            db.session.add(Weight(circle_id=circle.id, on=on, weight_kg=Decimal(70 + year), recorded_at=now))
    return Side(name, circle, cookie)


def _given(circle: Circle, regimen_id: int, on: date, now: datetime, week: int) -> None:
    course = Infusion(
        circle_id=circle.id, regimen_id=regimen_id, first_on=on, product="Hizentra", place="At home", created_at=now
    )
    course.days.append(
        InfusionDay(
            circle_id=circle.id,
            number=1,
            planned_on=on,
            tz=circle.tz,
            state=DONE,
            given_on=on,
            grams_given=Decimal(10),
            answered_at=now,
        )
    )
    db.session.add(course)
    db.session.flush()
    for number in range(VIALS_EACH):
        lot = f"LF{3000 + week // 3}{'ABCD'[number]}"
        db.session.add(
            Vial(
                circle_id=circle.id,
                infusion_id=course.id,
                infusion_day_id=course.days[0].id,
                lot=lot,
                lot_normalised=normalise(lot),
                grams=Decimal("2.5"),
                created_at=now,
            )
        )
    if week % 40 == 0:
        reaction = Reaction(
            circle_id=circle.id, infusion_id=course.id, started_on=on, severity="mild", created_at=now
        )
        reaction.what = "Headache"
        db.session.add(reaction)


def _pages(app: Flask, sides: list[Side]) -> Iterator[tuple[str, type[Any] | None]]:
    """Today, and every page behind sign-in whose rows both circles have."""
    yield "/", None
    for rule in sorted(app.url_map.iter_rules(), key=str):
        access = access_of(app, rule.endpoint)
        unnamed = rule.arguments - {"public_id", *WORDS}
        if access is None or access.public or "GET" not in (rule.methods or ()) or unnamed:
            continue
        if access.row is not None and not all(_row(side, access.row) for side in sides):
            continue
        yield str(rule), access.row


def _row(side: Side, model: type[Any]) -> str | None:
    """The latest row of a kind in a circle, the latest given infusion where there is one."""
    if model not in side.rows:
        query = sa.select(model.public_id).where(model.circle_id == side.circle.id).order_by(model.id.desc())
        found = db.session.scalars(query.limit(1)).first() if hasattr(model, "circle_id") else None
        side.rows[model] = found or (side.circle.public_id if model is Circle else "")
    return side.rows[model] or None


def _ask(app: Flask, side: Side, page: tuple[str, type[Any] | None]) -> None:
    rule, model = page
    path = rule
    for name, word in WORDS.items():
        path = path.replace(f"<{name}>", word)
    if model is not None:
        path = path.replace("<public_id>", side.rows[model])
    client = app.test_client()
    client.set_cookie("session", side.cookie)
    db.session.rollback()
    began = time.perf_counter()
    with app.app_context():
        answer = client.get(path)
    took = time.perf_counter() - began
    if answer.status_code == 200:
        side.times.setdefault(rule, []).append(took)


def _tell(sides: list[Side], pages: list[tuple[str, Any]], *, as_json: bool) -> None:
    full, empty = sides
    rows = []
    for rule, _model in pages:
        if rule in full.times and rule in empty.times:
            ratio = statistics.median(full.times[rule]) / statistics.median(empty.times[rule])
            rows.append((ratio, rule, 1000 * statistics.median(full.times[rule])))
    rows.sort(reverse=True)
    for ratio, rule, ms in rows:
        print(f"{ratio:6.2f}  {ms:7.1f} ms  {rule}", file=sys.stderr if as_json else sys.stdout)
    worst = rows[0][0]
    result = {
        "rows": [
            {"name": "pages measured", "value": len(rows), "unit": "pages", "target": None, "met": None},
            {
                "name": f"slowest against an empty circle: {rows[0][1]}",
                "value": round(worst, 2),
                "unit": "ratio",
                "target": TARGET,
                "met": worst <= TARGET,
            },
        ]
    }
    print(json.dumps(result) if as_json else f"worst ratio {worst:.2f} (target {TARGET})")


if __name__ == "__main__":
    main()
