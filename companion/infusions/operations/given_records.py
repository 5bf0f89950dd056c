"""The record of a given day: saved as one, compared with what the form had seen, and taken back as one."""

import hashlib
import json
from datetime import datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from companion.accounts.models import Account
from companion.circles.operations import record_weight, restore_weight
from companion.circles.queries import weight_on
from companion.database import Thousandths
from companion.domain.given_times import given_span, wall_time
from companion.extensions import db
from companion.infusions.models import DONE, Facts, GivenRecord, GivenSite, InfusionDay, PlanChange
from companion.infusions.operations.answers import record_day_done, record_day_partial
from companion.infusions.operations.plans import lock_regimen
from companion.infusions.operations.undoing import undo_change

PLAIN = (
    *("route", "place", "prepared_by", "given_by", "product", "strength", "stop_reason"),
    *("weight_unit", "vein_site", "fluids"),
)
EMPTY: Facts = {
    **dict.fromkeys(("answer", "grams", "weight_kg", "started", "stopped", *PLAIN)),
    **{"rates": [], "premedicines": [], "sites": []},
}


class RecordChanged(Exception):
    """Somebody saved the record after this form was opened. `facts` is how it is now."""

    def __init__(self, facts: Facts, by: str | None) -> None:
        super().__init__()
        self.facts, self.by = facts, by


class RecordCannotBeUndone(Exception):
    """The record was changed again since."""


def facts_of(day: InfusionDay) -> Facts:
    """All that is known about a given day, as plain values."""
    record, zone = day.given_record, ZoneInfo(day.tz)
    weight = weight_on(day.infusion.circle, day.happened_on)
    facts = EMPTY | {
        "answer": day.state if day.is_given else None,
        "grams": _text(day.grams_given),
        "weight_kg": _text(weight.weight_kg if weight else None),
    }
    if record is None:
        return facts
    return facts | {
        **{name: getattr(record, name) for name in PLAIN},
        "started": _clock(wall_time(record.started_at, zone)),
        "stopped": _clock(wall_time(record.stopped_at, zone)),
        "rates": record.rates,
        "premedicines": json.loads(record.premedicines) if record.premedicines else [],
        "sites": [{"site": s.site, "ml": _text(s.ml), "needle_mm": _text(s.needle_mm)} for s in record.sites],
    }


def mark_of(facts: Facts) -> str:
    """A mark of the facts, so that a form can tell when somebody changed them after it was opened."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def save_given_record(
    day: InfusionDay, facts: Facts, *, seen: str | None = None, account: Account | None = None, now: datetime
) -> GivenRecord:
    """Record what was given on a day; `facts` are all of it, as `facts_of` gives them.

    Where the day has no answer yet and the facts hold one, it is answered too, on its planned date. Grams of a day
    without an answer are not kept: the caller asks for one. Raises RecordChanged where `seen` is not the mark of what
    is there, and all that answering a day may raise.
    """
    _hold(day)
    before = facts_of(day)
    if seen is not None and seen != mark_of(before):
        record = day.given_record
        raise RecordChanged(before, record.saved_by.name if record and record.saved_by else None)
    change = _answer(day, facts, account, now)
    record = day.given_record or GivenRecord(circle_id=day.circle_id, day=day, rates=[], saved_at=now)
    db.session.add(record)
    _write(record, day, facts, now)
    record.saved_at, record.saved_by_id = now, account.id if account else None
    db.session.flush()
    after = mark_of(facts_of(day))
    record.undo = json.dumps({"before": before, "after": after, "change": change.id if change else None})
    db.session.flush()
    return record


def undo_given_record(record: GivenRecord, *, now: datetime) -> None:
    """Put everything back as it was before the last save. A second time it does nothing.

    Raises RecordCannotBeUndone, and then changes nothing, where something was changed since; ChangeCannotBeUndone
    where the answer that came with it cannot be taken back.
    """
    day = record.day
    _hold(day)
    if record.undo is None:
        return
    kept = json.loads(record.undo)
    if kept["after"] != mark_of(facts_of(day)):
        raise RecordCannotBeUndone
    if kept["change"] is not None:
        undo_change(db.session.get_one(PlanChange, kept["change"]), now=now)
    _write(record, day, kept["before"], now)
    record.saved_at, record.undo = now, None
    db.session.flush()


def _hold(day: InfusionDay) -> None:
    """Keep others from saving at the same time, and read the day afresh; the plan first, as answers do."""
    db.session.flush()
    if day.infusion.regimen_id is not None:
        lock_regimen(day.infusion.regimen_id)
    db.session.execute(sa.select(InfusionDay.id).where(InfusionDay.id == day.id).with_for_update())
    db.session.expire_all()


def _answer(day: InfusionDay, facts: Facts, account: Account | None, now: datetime) -> PlanChange | None:
    if day.is_given or not facts["answer"]:
        return None
    record = record_day_done if facts["answer"] == DONE else record_day_partial
    return record(day, grams_given=_decimal(facts["grams"]), account=account, now=now)


def _write(record: GivenRecord, day: InfusionDay, facts: Facts, now: datetime) -> None:
    if day.is_given:
        day.state = facts["answer"] or day.state
        day.grams_given = _decimal(facts["grams"])
    for name in PLAIN:
        setattr(record, name, facts[name])
    record.started_at, record.stopped_at = given_span(
        day.happened_on, _time(facts["started"]), _time(facts["stopped"]), ZoneInfo(day.tz)
    )
    record.rates = facts["rates"]
    record.premedicines = json.dumps(facts["premedicines"]) if facts["premedicines"] else None
    _write_sites(record, facts["sites"])
    _write_weight(day, _decimal(facts["weight_kg"]), now)


def _write_sites(record: GivenRecord, wanted: list[dict[str, Any]]) -> None:
    known = {site.site: site for site in record.sites}
    record.sites = [known.get(use["site"]) or GivenSite(circle_id=record.circle_id) for use in wanted]
    for site, use in zip(record.sites, wanted, strict=True):
        site.site, site.ml, site.needle_mm = use["site"], _decimal(use["ml"]), _decimal(use["needle_mm"])


def _write_weight(day: InfusionDay, weight_kg: Decimal | None, now: datetime) -> None:
    """The weight of the day is the circle's weight of that date, wherever it is entered."""
    circle = day.infusion.circle
    known = weight_on(circle, day.happened_on)
    if weight_kg is None and known is not None:
        restore_weight(known, None, now=now)
    elif weight_kg is not None and (known is None or known.weight_kg != weight_kg):
        record_weight(circle, on=day.happened_on, weight_kg=weight_kg, now=now)


def _text(value: Decimal | None) -> str | None:
    """A quantity as it comes back from the database, so that marks agree before and after."""
    if value is None:
        return None
    kept = Thousandths().process_result_value(int((value * 1000).to_integral_value()), None)  # type: ignore[arg-type]
    return f"{kept:f}"


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _time(text: str | None) -> time | None:
    return None if text is None else time.fromisoformat(text)


def _clock(at: time | None) -> str | None:
    return None if at is None else f"{at:%H:%M}"
