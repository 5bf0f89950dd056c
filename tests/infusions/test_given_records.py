"""The record of a given day: one fact in one place, saved, compared and taken back as one."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from companion.circles.models import Weight
from companion.circles.operations import record_weight
from companion.circles.queries import weight_on
from companion.database import transaction
from companion.extensions import db
from companion.infusions import operations, queries
from companion.infusions.models import Facts, GivenRecord, InfusionDay
from companion.infusions.operations import (
    RecordCannotBeUndone,
    RecordChanged,
    StepsChanged,
    facts_of,
    mark_of,
)
from companion.infusions.operations.given_records import EMPTY
from tests.infusions.plans import D, at, courses, start

NOON = datetime(2027, 3, 6, 12, tzinfo=UTC)
FULL: Facts = {
    "answer": "partial",
    "grams": "35",
    "weight_kg": "75",
    "weight_unit": "kg",
    "route": "SC",
    "started": "22:30",
    "stopped": "01:10",
    "place": "Home",
    "prepared_by": "Ben",
    "given_by": "home nurse",
    "product": "Hizentra",
    "strength": "20%",
    "stop_reason": "bad headache",
    "vein_site": None,
    "rates": [{"time": "22:30", "ml_h": "20"}],
    "premedicines": [{"name": "Paracetamol", "dose": "2 tablets", "time": "22:00"}],
    "fluids": "two glasses of water",
    "sites": [
        {"site": "thigh_left", "ml": "20", "needle_mm": "9"},
        {"site": "arm_right", "ml": None, "needle_mm": None},
    ],
}


def save(day: InfusionDay, *, seen: str | None = None, now: datetime = NOON, **facts: Any) -> GivenRecord:
    with transaction():
        return operations.save_given_record(day, facts_of(day) | facts, seen=seen, now=now)


def undo(record: GivenRecord) -> None:
    with transaction():
        operations.undo_given_record(record, now=NOON)


def day_on(people: Any, first_on: str = "2027-03-05", **values: Any) -> InfusionDay:
    return courses(start(people.circle, first_on, **values))[0].days[0]


def test_everything_is_kept_and_comes_back_as_it_was_typed(people):
    day = day_on(people)
    record = save(day, **FULL)
    db.session.expire_all()
    assert facts_of(day) == FULL
    assert (day.state, day.grams_given, day.given_on) == ("partial", Decimal(35), D("2027-03-05"))
    assert record.started_at == datetime(2027, 3, 5, 22, 30, tzinfo=UTC)
    assert record.stopped_at == datetime(2027, 3, 6, 1, 10, tzinfo=UTC)
    sealed = (
        record.prepared_by_sealed,
        record.given_by_sealed,
        record.stop_reason_sealed,
        record.premedicines_sealed,
    )
    assert not any(word in str(sealed) for word in ("Ben", "nurse", "headache", "Paracetamol"))
    undo(record)
    assert facts_of(day) == EMPTY
    assert (day.state, queries.last_site_uses(day)) == ("planned", {})
    undo(record)


def test_a_record_without_an_answer_leaves_the_day_open(people):
    day = day_on(people)
    save(day, started="09:20")
    assert (day.state, facts_of(day)) == ("planned", EMPTY | {"started": "09:20"})
    with transaction():
        operations.record_day_done(day, now=NOON)
    assert facts_of(day)["started"] == "09:20"


def test_grams_and_weight_stand_in_one_place(people):
    day = day_on(people)
    with transaction():
        operations.record_day_done(day, grams_given=Decimal(40), now=NOON)
        record_weight(people.circle, on=day.happened_on, weight_kg=Decimal("74.5"), now=NOON)
    assert (facts_of(day)["grams"], facts_of(day)["weight_kg"]) == ("40", "74.5")
    record = save(day, grams="38.5", weight_kg="75")
    assert (day.grams_given, weight_on(people.circle, day.happened_on).weight_kg) == (Decimal("38.5"), 75)
    undo(record)
    assert (day.grams_given, weight_on(people.circle, day.happened_on).weight_kg) == (40, Decimal("74.5"))
    save(day, weight_kg=None)
    assert db.session.query(Weight).count() == 0


def test_two_people_do_not_overwrite_each_other(people):
    day = day_on(people)
    seen = mark_of(facts_of(day))
    with transaction():
        operations.save_given_record(day, EMPTY | {"started": "09:20"}, seen=seen, account=people.ben, now=NOON)
    with pytest.raises(RecordChanged) as refused:
        save(day, seen=seen, started="09:00")
    assert (refused.value.facts["started"], refused.value.by) == ("09:20", "Ben")
    assert facts_of(day)["started"] == "09:20"
    save(day, seen=mark_of(facts_of(day)), started="09:00")
    assert facts_of(day)["started"] == "09:00"


def test_undo_refuses_where_something_was_changed_since(people):
    day = day_on(people)
    record = save(day, answer="done", grams="40")
    with transaction():
        record_weight(people.circle, on=day.happened_on, weight_kg=Decimal(75), now=NOON)
    with pytest.raises(RecordCannotBeUndone):
        undo(record)
    assert day.grams_given == 40


def test_times_follow_the_date_of_their_day(people):
    day = day_on(people, "2027-03-05")
    record = save(day, answer="done", started="22:30", stopped="01:10")
    with transaction():
        change = operations.record_day_done(day, given_on=D("2027-03-04"), again=True, now=NOON)
    assert record.started_at == datetime(2027, 3, 4, 22, 30, tzinfo=UTC)
    with transaction():
        operations.undo_change(change, now=NOON)
    assert record.stopped_at == datetime(2027, 3, 6, 1, 10, tzinfo=UTC)


def test_only_ones_own_places_used_before_count(people):
    regimen = start(people.circle, "2027-03-05", interval_count=1, route="SC")
    days = [course.days[0] for course in courses(regimen)]
    for day, site in zip(days[:3], ("thigh_left", "thigh_right", "thigh_left"), strict=True):
        save(day, answer="done", sites=[{"site": site, "ml": None, "needle_mm": None}], now=at("2027-04-01"))
    assert queries.last_site_uses(days[3]) == {"thigh_left": D("2027-03-19"), "thigh_right": D("2027-03-12")}
    assert queries.last_site_uses(days[2]) == {"thigh_left": D("2027-03-05"), "thigh_right": D("2027-03-12")}
    with transaction():
        operations.skip_day(days[1], again=True, now=at("2027-04-01"))
    assert set(queries.last_site_uses(days[3])) == {"thigh_left"}
    with transaction():
        before = operations.pick_sites(people.circle, frozenset({"hip_left"}))
    assert (before, queries.picked_sites(people.circle)) == (frozenset(), {"hip_left"})


@pytest.mark.parametrize(
    ("values", "weight_kg", "expected"),
    [
        ({"route": "IV"}, None, []),
        ({"route": "IV"}, "75", ["dose_high"]),
        ({"route": "SC"}, "75", []),
        ({}, "75", []),
        ({"route": "IV"}, "120", ["weight_jump"]),
    ],
)
def test_soft_checks_of_a_course(people, values, weight_kg, expected):
    regimen = start(people.circle, day_offsets=[0, 1], **values)
    with transaction():
        record_weight(people.circle, on=date(2027, 1, 1), weight_kg=Decimal(75), now=NOON)
    course = courses(regimen)[0]
    if weight_kg is None:
        db.session.query(Weight).delete()
    for day in course.days:
        save(day, answer="done", grams="100", weight_kg=weight_kg)
    assert [check.code for check in queries.soft_checks_of(course)] == expected


def test_the_day_keeps_the_steps_that_were_ticked(people):
    day = day_on(people, route="IV")
    mark = operations.steps_mark(None, None)
    with transaction():
        steps = operations.save_step_list(
            people.circle, vein="Wash hands\n\n  Check the name ", skin="Warm the vial", seen=mark, now=NOON
        )
    seen = operations.day_mark(operations.steps_for(day))
    assert operations.steps_for(day) == ["Wash hands", "Check the name"]
    with pytest.raises(StepsChanged), transaction():
        operations.save_step_list(people.circle, vein="Mine", skin=None, seen=mark, now=NOON)
    with transaction():
        tick = operations.tick_step(day, 2, seen=seen, account=people.vera, now=NOON)
        again = operations.tick_step(day, 2, seen=seen, account=people.ben, now=at("2027-03-07"))
    assert (tick.id, tick.ticked_by_id, tick.ticked_at) == (again.id, people.vera.id, NOON)
    with transaction():
        mark = operations.steps_mark(steps.vein, steps.skin)
        operations.save_step_list(people.circle, vein="Only this", skin=None, seen=mark, now=NOON)
    assert operations.steps_for(day) == ["Wash hands", "Check the name"]
    for number in (0, 3):
        with pytest.raises(StepsChanged), transaction():
            operations.tick_step(day, number, seen=seen, now=NOON)
    with transaction():
        operations.untick_step(tick)
    assert operations.steps_for(day) == ["Only this"]
    with pytest.raises(StepsChanged), transaction():
        operations.tick_step(day, 1, seen=seen, now=NOON)
    with transaction():
        operations.undo_step_list(steps, now=NOON)
        operations.undo_step_list(steps, now=NOON)
    assert operations.steps_for(day) == ["Wash hands", "Check the name"]
