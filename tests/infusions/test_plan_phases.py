"""Plans in phases: shifts, pauses, doses from a date, loading then maintenance; each with an exact Undo."""

import itertools
from decimal import Decimal

import pytest

from companion.database import transaction
from companion.extensions import alembic, db
from companion.infusions import operations
from companion.infusions.models import Infusion, Regimen
from companion.infusions.operations import (
    AlreadyPaused,
    DateIsOver,
    DateIsPaused,
    Dose,
    Loading,
    LoadingComesFirst,
    NoRoom,
    NothingToShift,
    NotPaused,
    RegimenHasEnded,
    change_sentence,
)
from companion.infusions.operations.history import snapshot
from tests.infusions.plans import NOW, D, at, book, courses, dates_of, day_of, first_dates, start

PLANNED = "planned_weekday"
LOADING = Loading((0, 1, 2, 3, 4), 14, Dose(dose_g_per_kg=Decimal(2)))


def picture(regimen):
    db.session.expire_all()
    return snapshot(db.session.get_one(Regimen, regimen.id), courses(regimen))


def do(operation, *args, now=NOW, **values):
    with transaction():
        return operation(*args, now=now, **values)


def shift(of, by, now=NOW):
    return do(operations.shift_expected, of, by_days=by, now=now)


def pause(regimen, first, last=None, now=NOW, **values):
    return do(
        operations.pause_regimen, regimen, from_on=D(first), until_on=D(last) if last else None, now=now, **values
    )


def resume(regimen, on, now=NOW, **values):
    return do(operations.resume_regimen, regimen, next_on=D(on), now=now, **values)


def undo(change, now=NOW):
    return do(operations.undo_change, change, now=now)


def done(day, on=None, now=NOW):
    return do(operations.record_day_done, day, given_on=D(on) if on else None, now=now)


def move(day, to):
    return do(operations.move_day, day, to_on=D(to))


def text(app, change):
    with app.test_request_context():
        return change_sentence(change).replace(" 2027", "")


# Shift


@pytest.mark.parametrize("policy", ["from_real", PLANNED])
def test_a_shift_moves_all_later_expected_ones_and_the_rhythm(people, app, policy):
    regimen = start(people.circle, policy=policy)
    book(regimen, 0)
    before = picture(regimen)
    change = shift(regimen, 7)
    assert first_dates(regimen) == ["2027-03-05", "2027-04-09", "2027-05-07", "2027-06-04"]
    assert text(app, change) == "The next three expected dates move to 9 Apr, 7 May, 4 Jun. 5 Mar stays booked."
    done(day_of(regimen), now=at("2027-03-05"))
    assert first_dates(regimen, 3) == ["2027-03-05", "2027-04-09", "2027-05-07"]
    do(operations.extend_plans, now=at("2027-07-01"))
    assert {(b.first_on - a.first_on).days for a, b in itertools.pairwise(courses(regimen)[1:])} == {28}
    again = start(people.circle, policy=policy)
    before, change = picture(again), shift(courses(again)[2], -3)
    assert first_dates(again) == ["2027-03-05", "2027-04-02", "2027-04-27", "2027-05-25"]
    undo(change)
    assert picture(again) == before


@pytest.mark.parametrize(("policy", "then"), [("from_real", "2027-04-11"), (PLANNED, "2027-04-09")])
def test_a_late_infusion_before_the_shifted_ones_follows_the_policy(people, policy, then):
    regimen = start(people.circle, policy=policy)
    book(regimen, 0)
    shift(regimen, 7)
    done(day_of(regimen), "2027-03-07", at("2027-03-07"))
    assert first_dates(regimen, 2) == ["2027-03-07", then]
    do(operations.record_day_done, day_of(regimen), given_on=D("2027-03-05"), again=True, now=at("2027-03-08"))
    assert first_dates(regimen, 3) == ["2027-03-05", "2027-04-09", "2027-05-07"]


@pytest.mark.parametrize("policy", ["from_real", PLANNED])
def test_a_single_exception_survives_and_is_marked(people, app, policy):
    regimen = start(people.circle, policy=policy)
    move(day_of(regimen, 1), "2027-04-06")
    later = first_dates(regimen, 4)[2:]
    change = shift(regimen, 2)
    moved = [(D(on).toordinal() + 2) for on in later]
    assert first_dates(regimen, 2) == ["2027-03-07", "2027-04-06"]
    assert [D(on).toordinal() for on in first_dates(regimen, 4)[2:]] == moved
    assert [c.has_own_date for c in courses(regimen)[:3]] == [False, True, False]
    assert "6 Apr keeps its own date." in text(app, change)
    before = first_dates(regimen, 6)
    do(operations.extend_plans, now=at("2027-03-03"))
    done(day_of(regimen), now=at("2027-03-07"))
    assert first_dates(regimen, 6) == before


def test_a_month_keeps_exactly_the_shifted_days(people):
    regimen = start(people.circle, "2027-03-31", interval_count=1, interval_unit="month")
    shift(regimen, -2)
    dates = first_dates(regimen, 4)
    assert dates == ["2027-03-29", "2027-04-28", "2027-05-29", "2027-06-28"]
    done(day_of(regimen), now=at("2027-03-29"))
    assert first_dates(regimen, 4) == dates


def test_what_a_shift_cannot_do(people):
    regimen = start(people.circle)
    book(regimen, 2)
    before = picture(regimen)
    with pytest.raises(NoRoom) as ahead:
        shift(regimen, 30)
    assert (ahead.value.on, ahead.value.after, ahead.value.booked) == (D("2027-04-30"), True, True)
    with pytest.raises(NoRoom) as behind:
        shift(courses(regimen)[3], -28)
    assert (behind.value.on, behind.value.after) == (D("2027-04-30"), False)
    with pytest.raises(DateIsOver):
        shift(regimen, -5)
    with pytest.raises(NothingToShift):
        shift(regimen, 0)
    pause(regimen, "2027-06-05", "2027-06-10")
    with pytest.raises(DateIsPaused):
        shift(courses(regimen)[3], 10)
    assert picture(regimen)[f"infusion:{courses(regimen)[0].id}"] == before[f"infusion:{courses(regimen)[0].id}"]
    do(operations.end_regimen, regimen)
    with pytest.raises(RegimenHasEnded):
        shift(regimen, 1)


# Days that are not consecutive


def test_two_fixed_days_a_week(people):
    regimen = start(people.circle, interval_count=1, day_offsets=[0, 3], route="SC")
    assert [dates_of(c) for c in courses(regimen)[:2]] == [["2027-03-05", "2027-03-08"], ["2027-03-12", "2027-03-15"]]


# Doses


def test_a_dose_counts_from_a_date_and_the_old_one_stays_history(people, app):
    regimen = start(people.circle, total_grams=Decimal(70))
    done(day_of(regimen), now=at("2027-03-05"))
    before = picture(regimen)
    kept = {"interval_count": 4, "interval_unit": "week", "day_offsets": [0]}
    now = at("2027-03-06")
    change = do(
        operations.change_regimen,
        regimen,
        dose=Dose(dose_g_per_kg=Decimal(1)),
        dose_from=D("2027-04-02"),
        now=now,
        **kept,
    )
    assert text(app, change) == "The plan was changed. The new dose counts from 2 Apr on."
    given, following = courses(regimen)[:2]
    assert (given.dose.total_grams, given.dose.dose_g_per_kg) == (Decimal(70), None)
    assert (following.dose.total_grams, following.dose.dose_g_per_kg) == (None, Decimal(1))
    early = do(operations.move_day, following.days[0], to_on=D("2027-03-30"), now=now)
    assert courses(regimen)[1].dose.dose_g_per_kg == Decimal(1)
    undo(early, now)
    undo(change, now)
    assert picture(regimen) == before
    assert courses(regimen)[1].dose.total_grams == Decimal(70)


def test_a_wrong_dose_is_corrected_where_it_stands(people, app):
    regimen = start(people.circle)
    kept = {"interval_count": 4, "interval_unit": "week", "day_offsets": [0]}
    assert courses(regimen)[0].dose is None
    do(operations.change_regimen, regimen, dose=Dose(Decimal(7)), **kept)
    change = do(operations.change_regimen, regimen, dose=Dose(Decimal(70)), **kept)
    assert text(app, change) == "The plan was changed. The dose is saved."
    assert [(d.total_grams) for d in regimen.doses] == [Decimal(70)]
    do(operations.change_regimen, regimen, dose=Dose(Decimal(80)), dose_from=D("2027-05-01"), **kept)
    do(operations.change_regimen, regimen, dose=Dose(Decimal(70)), dose_from=D("2027-05-01"), **kept)
    assert [(d.total_grams) for d in regimen.doses] == [Decimal(70)]
    do(operations.change_regimen, regimen, dose=Dose(), **kept)
    assert regimen.doses == []


def test_a_day_moved_onto_the_next_date_is_refused_or_says_which_date_is_left_out(people, app):
    real = start(people.circle, day_offsets=[0, 1])
    with pytest.raises(NoRoom):
        move(day_of(real, 0, 2), "2027-04-03")
    planned = start(people.circle, day_offsets=[0, 1], policy=PLANNED)
    before = picture(planned)
    change = move(day_of(planned, 0, 2), "2027-04-03")
    moves = "The next three expected dates move to 30 Apr, 28 May, 25 Jun."
    assert text(app, change) == f"Day 2 moved to 3 Apr. {moves} 2 Apr is no longer expected."
    undo(change)
    assert picture(planned) == before


# Loading, then maintenance


def test_a_plan_begins_with_a_loading_course_of_its_own(people):
    regimen = start(people.circle, loading=LOADING, total_grams=Decimal(30))
    first, second = courses(regimen)[:2]
    assert first_dates(regimen, 3) == ["2027-03-05", "2027-03-19", "2027-04-16"]
    assert [len(c.days) for c in (first, second)] == [5, 1]
    assert (first.is_loading, second.is_loading) == (True, False)
    assert (first.dose.dose_g_per_kg, second.dose.total_grams) == (Decimal(2), Decimal(30))
    do(
        operations.change_regimen,
        regimen,
        interval_count=3,
        interval_unit="week",
        day_offsets=[0, 1],
        dose=Dose(Decimal(35)),
    )
    assert first_dates(regimen, 3) == ["2027-03-05", "2027-03-19", "2027-04-09"]
    assert [len(c.days) for c in courses(regimen)[:2]] == [5, 2]
    assert courses(regimen)[0].dose.dose_g_per_kg == Decimal(2)


@pytest.mark.parametrize("policy", ["from_real", PLANNED])
def test_days_dose_and_end_of_a_loading_course_are_changed_until_it_is_given(people, app, policy):
    regimen = start(people.circle, loading=LOADING, policy=policy)
    rhythm = {"interval_count": 4, "interval_unit": "week", "day_offsets": [0]}
    book(regimen, 0)
    before = picture(regimen)
    new = Loading((0, 2, 7), 21)
    change = do(operations.change_regimen, regimen, **rhythm, loading=new, loading_dose=Dose(Decimal(150)))
    assert dates_of(courses(regimen)[0]) == ["2027-03-05", "2027-03-07", "2027-03-12"]
    assert first_dates(regimen, 3) == ["2027-03-05", "2027-03-26", "2027-04-23"]
    assert courses(regimen)[0].dose.total_grams == Decimal(150)
    told = "The plan was changed. The dose is saved. The next three expected dates move to 26 Mar, 23 Apr, 21 May."
    assert text(app, change) == told
    undo(change)
    assert picture(regimen) == before
    do(operations.change_regimen, regimen, **rhythm, next_on=D("2027-03-06"), loading=Loading((0, 1), 14))
    assert first_dates(regimen, 2) == ["2027-03-06", "2027-03-20" if policy == "from_real" else "2027-03-19"]
    assert courses(regimen)[0].dose.dose_g_per_kg == Decimal(2)
    done(day_of(regimen), "2027-03-06", at("2027-03-06"))
    later = at("2027-03-08")
    do(operations.change_regimen, regimen, **rhythm, loading=new, loading_dose=Dose(), now=later)
    assert (len(courses(regimen)[0].days), courses(regimen)[0].dose) == (2, None)


@pytest.mark.parametrize(
    ("policy", "on", "then"),
    [
        ("from_real", "2027-03-08", ["2027-03-22", "2027-04-19"]),
        ("from_real", "2027-03-02", ["2027-03-16", "2027-04-13"]),
        (PLANNED, "2027-03-08", ["2027-03-19", "2027-04-16"]),
        (PLANNED, "2027-03-02", ["2027-03-19", "2027-04-16"]),
        (PLANNED, "2027-03-16", ["2027-04-16", "2027-05-14"]),
    ],
)
def test_maintenance_follows_a_moved_loading_course(people, policy, on, then):
    regimen = start(people.circle, loading=LOADING, policy=policy)
    before = picture(regimen)
    change = move(day_of(regimen), on)
    assert first_dates(regimen, 3) == [on, *then]
    undo(change)
    assert picture(regimen) == before


def test_a_plan_whose_loading_is_over_begins_with_maintenance(people):
    regimen = start(people.circle, "2027-01-04", loading=LOADING)
    assert not any(course.is_loading for course in courses(regimen))
    assert first_dates(regimen, 2) == ["2027-02-15", "2027-03-15"]


@pytest.mark.parametrize("policy", ["from_real", PLANNED])
def test_a_pause_never_takes_the_loading_course_away(people, policy):
    regimen = start(people.circle, "2027-03-20", loading=LOADING, policy=policy)
    before = picture(regimen)
    changes = [pause(regimen, "2027-03-05", "2027-03-10")]
    assert first_dates(regimen, 2) == ["2027-03-20", "2027-04-03"], "a pause that is over before it"
    changes.append(pause(regimen, "2027-03-18", "2027-03-31"))
    first, second = courses(regimen)[:2]
    assert (first.is_loading, second.is_loading, len(first.days)) == (True, False, 5)
    then = ["2027-04-01", "2027-04-15"] if policy == "from_real" else ["2027-04-17", "2027-05-01"]
    assert first_dates(regimen, 2) == then
    for change in reversed(changes):
        undo(change)
    assert picture(regimen) == before

    paused = pause(regimen, "2027-03-15")
    assert courses(regimen) == []
    within = picture(regimen)
    resumed = resume(regimen, "2027-05-10")
    assert first_dates(regimen, 3) == ["2027-05-10", "2027-05-24", "2027-06-21"]
    assert [c.is_loading for c in courses(regimen)[:2]] == [True, False]
    undo(resumed)
    assert picture(regimen) == within
    undo(paused)
    assert picture(regimen) == before


def test_a_plan_goes_on_with_its_loading_course_first(people):
    regimen = start(people.circle, "2027-03-20", loading=LOADING)
    book(regimen, 0)
    pause(regimen, "2027-03-15")
    move(day_of(regimen), "2027-05-20")
    before = picture(regimen)
    with pytest.raises(LoadingComesFirst) as refused:
        resume(regimen, "2027-04-15")
    assert (refused.value.on, picture(regimen)) == (D("2027-05-20"), before)
    resume(regimen, "2027-06-10")
    assert [(c.first_on.isoformat(), c.is_loading) for c in courses(regimen)[:2]] == [
        ("2027-05-20", True),
        ("2027-06-10", False),
    ]


# Pause and resume


def test_what_is_due_in_a_pause_comes_after_it(people, app):
    regimen = start(people.circle)
    before = picture(regimen)
    change = pause(regimen, "2027-03-30", "2027-04-10", reason="travel")
    assert first_dates(regimen, 3) == ["2027-03-05", "2027-04-11", "2027-05-09"]
    assert text(app, change) == (
        "The plan is paused from 30 Mar to 10 Apr. The next three expected dates move to 11 Apr, 9 May, 6 Jun."
    )
    done(day_of(regimen), now=at("2027-03-05"))
    do(operations.extend_plans, now=at("2027-07-01"))
    assert first_dates(regimen, 3) == ["2027-03-05", "2027-04-11", "2027-05-09"]
    again = start(people.circle)
    before, change = picture(again), pause(again, "2027-03-02", "2027-03-09")
    assert first_dates(again, 2) == ["2027-03-10", "2027-04-07"]
    undo(change)
    assert picture(again) == before


def test_on_planned_dates_those_in_the_pause_fall_away(people, app):
    regimen = start(people.circle, policy=PLANNED)
    before = picture(regimen)
    change = pause(regimen, "2027-03-30", "2027-04-10")
    assert first_dates(regimen, 3) == ["2027-03-05", "2027-04-30", "2027-05-28"]
    assert "2 Apr is no longer expected." in text(app, change)
    done(day_of(regimen), "2027-03-07", at("2027-03-07"))
    assert first_dates(regimen, 3) == ["2027-03-07", "2027-04-30", "2027-05-28"]
    do(operations.extend_plans, now=at("2027-07-01"))
    assert {(b.first_on - a.first_on).days for a, b in itertools.pairwise(courses(regimen)[1:])} == {28}
    again = start(people.circle, policy=PLANNED)
    before, change = picture(again), pause(again, "2027-03-02", "2027-04-10")
    assert first_dates(again, 1) == ["2027-04-30"]
    undo(change)
    assert picture(again) == before


def test_an_open_pause_holds_until_it_is_resumed(people, app):
    regimen = start(people.circle)
    book(regimen, 1)
    paused = pause(regimen, "2027-03-20", reason="hospital")
    assert first_dates(regimen) == ["2027-03-05", "2027-04-02"]
    assert text(app, paused) == (
        "The plan is paused from 20 Mar. Nothing is expected until you resume it. "
        "2 Apr stays booked. Call the clinic?"
    )
    done(day_of(regimen), now=at("2027-03-05"))
    do(operations.extend_plans, now=at("2027-12-01"))
    assert len(courses(regimen)) == 2
    with pytest.raises(AlreadyPaused):
        pause(regimen, "2027-05-01", "2027-05-05")
    before = picture(regimen)
    resumed = resume(regimen, "2027-06-10", at("2027-06-01"))
    assert first_dates(regimen, 4) == ["2027-03-05", "2027-04-02", "2027-06-10", "2027-07-08"]
    assert text(app, resumed).startswith("The plan goes on. Next infusion: 10 Jun.")
    assert [(p.from_on, p.until_on) for p in regimen.pauses] == [(D("2027-03-20"), D("2027-06-09"))]
    answer = done(day_of(regimen, 1), now=at("2027-06-02"))
    assert first_dates(regimen, 4)[2:] == ["2027-06-10", "2027-07-08"]
    with pytest.raises(NotPaused):
        resume(regimen, "2027-08-01", at("2027-07-20"))
    undo(answer, at("2027-06-02"))
    undo(resumed, at("2027-06-02"))
    assert picture(regimen) == before


def test_a_pause_ends_early_late_or_never_begins(people):
    regimen = start(people.circle)
    pause(regimen, "2027-03-30", "2027-04-30")
    resume(regimen, "2027-04-08")
    assert first_dates(regimen, 3) == ["2027-03-05", "2027-04-08", "2027-05-06"]
    assert regimen.pauses[0].until_on == D("2027-04-07")
    other = start(people.circle)
    book(other, 2)
    pause(other, "2027-03-10", "2027-04-20")
    with pytest.raises(NoRoom):
        resume(other, "2027-04-30")
    with pytest.raises(DateIsOver):
        resume(other, "2027-02-20")
    before = picture(other)
    change = resume(other, "2027-05-10")
    assert first_dates(other, 4) == ["2027-03-05", "2027-04-30", "2027-05-10", "2027-06-07"]
    undo(change)
    assert picture(other) == before
    resume(other, "2027-03-10")
    assert other.pauses == []
    assert first_dates(other, 3) == ["2027-03-05", "2027-03-10", "2027-04-30"]


def test_a_plan_that_ends_ahead_still_follows_until_then(people, app):
    regimen = start(people.circle)
    change = do(operations.end_regimen, regimen, on=D("2027-05-01"))
    assert text(app, change).startswith("The plan ends on 1 May.")
    assert first_dates(regimen) == ["2027-03-05", "2027-04-02", "2027-04-30"]
    move(day_of(regimen), "2027-03-09")
    assert first_dates(regimen) == ["2027-03-09", "2027-04-06"]
    do(operations.extend_plans, now=at("2027-04-20"))
    assert first_dates(regimen) == ["2027-03-09", "2027-04-06"]


def test_undo_of_a_record_of_an_older_release_puts_back_what_it_knew(people):
    regimen = start(people.circle)
    change = move(day_of(regimen), "2027-03-12")
    with transaction():
        for side in (change.before, change.after):
            for row in side["rows"].values():
                row.pop("restart_on", None)
        change.before, change.after = dict(change.before), dict(change.after)
    undo(change)
    assert first_dates(regimen, 2) == ["2027-03-05", "2027-04-02"]
    assert db.session.query(Infusion).filter_by(regimen_id=regimen.id, first_on=D("2027-03-12")).count() == 0


def test_the_migration_takes_the_dose_of_a_plan_along(people):
    by_grams = start(people.circle, total_grams=Decimal(70)).id
    by_weight = start(people.circle, dose_g_per_kg=Decimal("0.4"), dose_each_day=True).id
    without = start(people.circle).id
    later = {"interval_count": 4, "interval_unit": "week", "day_offsets": [0], "dose_from": D("2027-06-01")}
    do(operations.change_regimen, db.session.get_one(Regimen, by_grams), dose=Dose(Decimal(80)), **later)
    db.session.close()
    alembic.downgrade("0001")
    alembic.upgrade()
    doses = [
        [(d.total_grams, d.dose_g_per_kg, d.dose_each_day) for d in db.session.get_one(Regimen, key).doses]
        for key in (by_grams, by_weight, without)
    ]
    assert doses == [[(Decimal(80), None, False)], [(None, Decimal("0.4"), True)], []]
    assert len(courses(db.session.get_one(Regimen, without))) == 15
