"""Visits and their series: planned, moved, changed alone or with the later ones, cancelled, taken back."""

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from companion.clock import now
from companion.database import transaction
from companion.domain.recurrence import Interval, Unit
from companion.extensions import db
from companion.visits import operations, queries
from companion.visits.jobs import extend_visits
from companion.visits.models import Visit
from companion.visits.operations import ChangeCannotBeUndone, VisitAlreadyAnswered, VisitIsAhead

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
D = date.fromisoformat
MONTHLY, FORTNIGHTLY = Interval(1, Unit.MONTH), Interval(2, Unit.WEEK)


def add(people: Any, on: str = "2027-03-10", **values: Any) -> Visit:
    with transaction():
        return operations.add_visit(
            people.circle, kind="neurologist", planned_on=D(on), **{"local_time": "10:30", "now": NOW, **values}
        )


def rows(visit: Visit) -> list[Visit]:
    db.session.expire_all()
    query = db.session.query(Visit).filter_by(circle_id=visit.circle_id)
    return query.order_by(Visit.slot_on, Visit.id).all()


def dates(visit: Visit, count: int = 4) -> list[str]:
    return [row.planned_on.isoformat() for row in rows(visit) if not row.is_cancelled][:count]


def write(operation: Any, *args: Any, **values: Any) -> Any:
    with transaction():
        return operation(*args, **{"now": NOW, **values})


def everything(visit: Visit) -> list[tuple[Any, ...]]:
    """All that an exact Undo brings back."""
    return [
        (
            r.id,
            r.slot_on,
            r.planned_on,
            r.starts_at,
            r.local_time,
            r.place,
            r.note,
            r.state,
            r.is_exception,
            r.series_id,
        )
        for r in rows(visit)
        if not r.is_dropped
    ]


def test_a_visit_keeps_its_time_on_the_wall(people):
    before, after = add(people), add(people, "2027-04-10")
    assert (before.starts_at.hour, after.starts_at.hour) == (10, 9)  # the clock changes on 28 March
    assert add(people, local_time=None).starts_at is None
    gap = add(people, "2027-03-28", local_time="01:30", length_minutes=30)
    assert gap.starts_at == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    assert gap.ends_at == gap.starts_at + timedelta(minutes=30)
    assert add(people, tz="Asia/Shanghai").starts_at.hour == 2


def test_private_words_are_sealed(people):
    words = {"note": "ring twice", "questions": "Why so?", "bring": "the letter", "title": "Dr Ho"}
    visit = add(people, phone="01632 960001", **words)
    sealed = (visit.note_sealed, visit.questions_sealed, visit.bring_sealed, visit.phone_sealed, visit.title_sealed)
    assert not any(text in str(sealed) for text in (*words.values(), "01632 960001"))
    assert (visit.note, visit.title) == ("ring twice", "Dr Ho")


def test_a_series_is_rows_13_months_ahead_and_goes_on_by_itself(people):
    visit = add(people, "2027-01-31", repeat=MONTHLY, place="Clinic", questions="Why?")
    assert dates(visit) == ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"]
    made = rows(visit)
    assert made[-1].planned_on == D("2028-03-31")
    assert {row.place for row in made} == {"Clinic"}
    assert [row.questions for row in made[:2]] == ["Why?", None]
    assert write(operations.extend_visits) == 0
    assert write(operations.extend_visits, now=NOW + timedelta(days=70)) == 2
    assert [row.id for row in rows(visit)][: len(made)] == [row.id for row in made]


def test_one_changed_visit_is_an_exception_and_keeps_its_date(people):
    visit = add(people, repeat=FORTNIGHTLY)
    second = rows(visit)[1]
    write(operations.change_visit, second, planned_on=D("2027-03-25"), local_time="14:00")
    assert dates(visit) == ["2027-03-10", "2027-03-25", "2027-04-07", "2027-04-21"]
    assert (second.is_exception, second.moved_from_on, second.revision) == (True, D("2027-03-24"), 1)
    write(operations.change_visit, visit, later=True, planned_on=D("2027-03-12"), place="Room 4", note="mine")
    assert dates(visit) == ["2027-03-12", "2027-03-25", "2027-04-09", "2027-04-23"]
    assert [row.place for row in rows(visit)[:3]] == ["Room 4", None, "Room 4"]
    assert [row.note for row in rows(visit)[:3]] == ["mine", None, None]
    assert rows(visit)[1].slot_on == D("2027-03-26")


def test_this_and_later_ones_take_only_what_was_changed(people):
    visit = add(people, repeat=FORTNIGHTLY)
    third = rows(visit)[2]
    write(operations.change_visit, third, later=True, local_time="16:00", place=None)
    assert [row.local_time for row in rows(visit)[:4]] == ["10:30", "10:30", "16:00", "16:00"]
    assert [row.revision for row in rows(visit)[:4]] == [0, 0, 1, 1]
    assert [row.is_exception for row in rows(visit)] == [False] * len(rows(visit))
    write(operations.change_visit, third, note="only mine")
    assert (third.is_exception, third.revision) == (False, 1)


def test_another_rhythm_adds_or_drops_rows(people):
    visit = add(people, repeat=FORTNIGHTLY)
    count = len(rows(visit))
    change = write(operations.change_visit, visit, later=True, repeat=MONTHLY)
    assert dates(visit) == ["2027-03-10", "2027-04-10", "2027-05-10", "2027-06-10"]
    assert len(dates(visit, 99)) == 13
    assert queries.cancelled_visits(people.circle) == []
    write(operations.undo_change, change)
    assert len(dates(visit, 99)) == count
    write(operations.change_visit, visit, later=True, repeat=Interval(1, Unit.WEEK))
    assert len(dates(visit, 99)) > count


def test_a_single_visit_can_come_again(people):
    visit = add(people)
    before = everything(visit)
    change = write(operations.change_visit, visit, repeat=MONTHLY)
    assert dates(visit, 2) == ["2027-03-10", "2027-04-10"]
    write(operations.extend_visits, now=NOW + timedelta(days=60))
    write(operations.undo_change, change)
    assert everything(visit) == before
    assert write(operations.extend_visits, now=NOW + timedelta(days=90)) == 0


def test_cancelled_visits_stay_and_end_the_series_when_asked(people):
    visit = add(people, repeat=MONTHLY)
    before = everything(visit)
    first = write(operations.cancel_visit, visit)
    assert (visit.state, visit.revision) == ("cancelled", 1)
    with pytest.raises(VisitAlreadyAnswered):
        write(operations.cancel_visit, visit)
    with pytest.raises(VisitAlreadyAnswered):
        write(operations.change_visit, visit, planned_on=D("2027-03-11"))
    third = rows(visit)[2]
    change = write(operations.cancel_visit, third, later=True)
    assert dates(visit) == ["2027-04-10"]
    assert [v.id for v in queries.cancelled_visits(people.circle)] == [third.id, visit.id]
    assert write(operations.extend_visits, now=NOW + timedelta(days=400)) == 0
    assert len(rows(visit)) == len(before)
    write(operations.undo_change, change)
    write(operations.undo_change, first)
    assert everything(visit) == before


def test_a_series_can_end_after_a_visit(people):
    visit = add(people, repeat=MONTHLY)
    write(operations.end_series, rows(visit)[1])
    assert dates(visit) == ["2027-03-10", "2027-04-10"]
    assert write(operations.extend_visits, now=NOW + timedelta(days=400)) == 0


def test_done_only_when_it_is_over_and_once(people):
    visit = add(people)
    with pytest.raises(VisitIsAhead):
        write(operations.record_visit_done, visit)
    later = NOW + timedelta(days=9)
    change = write(operations.record_visit_done, visit, account=people.vera, now=later)
    assert (visit.state, visit.answered_by_id) == ("done", people.vera.id)
    with pytest.raises(VisitAlreadyAnswered):
        write(operations.record_visit_done, visit, now=later)
    for _time in range(2):
        write(operations.undo_change, change, now=later)
    assert (visit.state, visit.answered_at) == ("planned", None)
    assert visit.state_on(D("2027-03-11")) == "unknown"
    write(operations.cancel_visit, visit, now=later)
    write(operations.reopen_visit, visit, now=later)
    assert visit.state_on(D("2027-03-10")) == "today"


def test_undo_is_exact_or_refused(people):
    visit = add(people, repeat=FORTNIGHTLY, note="old")
    before = everything(visit)
    change = write(operations.change_visit, visit, later=True, planned_on=D("2027-03-12"), note="new", place="B")
    write(operations.extend_visits, now=NOW + timedelta(days=30))
    write(operations.undo_change, change, now=NOW + timedelta(days=31))
    assert everything(visit)[: len(before)] == before
    slots = [row.planned_on for row in rows(visit) if not row.is_dropped]
    assert {(b - a).days for a, b in itertools.pairwise(slots)} == {14}
    change = write(operations.change_visit, visit, place="C")
    write(operations.change_visit, visit, place="D")
    with pytest.raises(ChangeCannotBeUndone):
        write(operations.undo_change, change)
    assert visit.place == "D"


def test_the_hourly_job_keeps_wall_times(people):
    visit = add(people, (now() + timedelta(days=9)).date().isoformat(), now=now())
    with transaction():
        right, visit.starts_at = visit.starts_at, visit.starts_at + timedelta(hours=1)
    assert extend_visits() == 0
    db.session.expire_all()
    assert (visit.starts_at, visit.revision) == (right, 1)
    extend_visits()
    assert visit.revision == 1


def test_a_visit_in_a_zone_that_is_not_there_keeps_no_other_from_its_wall_time(people):
    on = (now() + timedelta(days=9)).date().isoformat()
    broken, visit = add(people, on, now=now()), add(people, on, now=now())
    with transaction():
        kept, broken.tz = broken.starts_at, "Nowhere/At_All"
        right, visit.starts_at = visit.starts_at, visit.starts_at + timedelta(hours=1)
    extend_visits()
    db.session.expire_all()
    assert (broken.starts_at, visit.starts_at) == (kept, right)


def test_reminders_find_what_is_near(people):
    near, far = add(people), add(people, "2027-05-01")
    write(operations.cancel_visit, near)
    found = queries.visits_to_remind(NOW, [people.circle.id])
    assert (near in found, far in found) == (True, False)
