"""Nine in the morning stays nine in the morning: wall times are kept, instants follow the rules of the zone."""

import importlib.resources
import zoneinfo
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from companion import zones
from companion.database import transaction
from companion.delivery import operations as deliveries
from companion.delivery.channels.base import Outcome
from companion.delivery.models import Delivery, Heartbeat
from companion.extensions import alembic, db
from companion.infusions import jobs, operations
from companion.infusions.models import InfusionDay, PlanChange
from companion.infusions.words import start_words
from companion.reminders import operations as reminders
from tests.infusions.plans import NOW, D, at, book, courses, day_of, start

PARIS_IN_LONDON = {"Europe/London": "Europe/Paris"}
GAP = {"first_on": "2027-03-28", "local_time": "01:30"}  # in London 01:30 does not exist on that date


def rules_of(zone: str) -> bytes:
    """The compiled rules of a zone, from this machine or from the package."""
    for folder in zoneinfo.TZPATH:
        if (file := Path(folder) / zone).is_file():
            return file.read_bytes()
    return importlib.resources.files("tzdata").joinpath("zoneinfo", zone).read_bytes()


@pytest.fixture
def install(tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Install zone rules on this machine: a version, and zones that follow the rules of others."""
    before = zoneinfo.TZPATH

    def put(version: str, like: dict[str, str]) -> None:
        folder = tmp_path / f"zoneinfo-{version}"
        rules = {zone: rules_of(other) for zone, other in like.items()}
        for zone, content in rules.items():
            (folder / zone).parent.mkdir(parents=True, exist_ok=True)
            (folder / zone).write_bytes(content)
        (folder / "+VERSION").write_text(f"{version}\n")
        zoneinfo.reset_tzpath(to=[str(folder), *before])

    yield put
    zoneinfo.reset_tzpath(to=before)
    zones.use_installed_rules()


def facts(day: InfusionDay) -> tuple[Any, ...]:
    db.session.refresh(day)
    return day.local_time, day.starts_at, day.revision


def keep() -> int:
    """The job, as the worker runs it."""
    db.session.rollback()
    return jobs.keep_wall_times()


def test_a_time_in_the_spring_gap_is_kept_as_wished_and_shown_as_it_will_be(people, client_of):
    regimen = start(people.circle, **GAP)
    day, after = day_of(regimen), day_of(regimen, 1)
    assert facts(day) == ("01:30", datetime(2027, 3, 28, 1, 30, tzinfo=UTC), 0)
    assert facts(after)[:2] == ("01:30", datetime(2027, 4, 25, 0, 30, tzinfo=UTC))
    page = client_of(people.ben).get(f"/infusions/{day.infusion.public_id}").text
    assert "2:30" in page
    assert "1:30" not in page.replace("01:30", "")
    with transaction():
        operations.move_day(day, to_on=D("2027-03-29"), now=NOW)
    assert facts(day) == ("01:30", datetime(2027, 3, 29, 0, 30, tzinfo=UTC), 1)


def test_new_rules_move_the_instant_and_keep_the_wall_time(people, install):
    regimen = start(people.circle, local_time="09:00", day_offsets=[0, 1])
    book(regimen, 1)
    with transaction():
        operations.record_day_done(day_of(regimen), given_on=D("2027-03-05"), now=at("2027-03-05"))
    days = [day for course in courses(regimen)[:2] for day in course.days]
    assert keep() == 0
    install("2099b", PARIS_IN_LONDON)
    with capture_logs() as lines:
        assert keep() == len([d for c in courses(regimen) for d in c.days]) - 1
    assert facts(days[0]) == ("09:00", datetime(2027, 3, 5, 9, tzinfo=UTC), 0)  # it was given: history
    assert facts(days[1]) == ("09:00", datetime(2027, 3, 6, 8, tzinfo=UTC), 1)
    assert facts(days[2]) == ("09:00", datetime(2027, 4, 2, 7, tzinfo=UTC), 1)
    assert [start_words(day, "Europe/London") for day in days[1:3]] == ["9:00", "9:00"]
    assert [line["event"] for line in lines] == ["time zone rules"]
    assert lines[0].keys() <= {"event", "log_level", "installed", "used", "circles", "days"}
    assert (lines[0]["installed"], lines[0]["circles"]) == ("2099b", 1)
    assert db.session.get_one(Heartbeat, jobs.ZONE_RULES).detail == {"version": "2099b"}


def test_a_day_in_a_zone_that_is_not_there_keeps_no_other_from_its_wall_time(people, install):
    broken, regimen = start(people.circle, local_time="09:00"), start(people.circle, local_time="10:00")
    with transaction():
        day_of(broken).tz = "Nowhere/At_All"
    install("2099b", PARIS_IN_LONDON)
    with capture_logs() as lines:
        assert keep() > 0
    assert facts(day_of(regimen))[2] == 1
    assert lines[0]["event"] == "no instant for a wall time"


def test_doing_it_again_changes_nothing_and_older_rules_neither(people, install):
    regimen = start(people.circle, local_time="09:00")
    install("2099b", PARIS_IN_LONDON)
    assert keep() > 0
    after = facts(day_of(regimen))
    assert keep() == 0
    install("2099a", {"Europe/London": "Europe/Athens"})
    with capture_logs() as lines:
        assert keep() == 0
    assert facts(day_of(regimen)) == after
    assert [line["event"] for line in lines] == ["older time zone rules than used before"]


def test_days_without_a_time_or_of_a_cancelled_course_have_no_instant_to_keep(people, install):
    without, ended = start(people.circle), start(people.circle, "2027-03-06", local_time="09:00")
    first = day_of(ended)
    with transaction():
        operations.end_regimen(ended, now=NOW)
    install("2099b", PARIS_IN_LONDON)
    assert keep() == 0
    assert facts(day_of(without))[:2] == (None, None)
    assert facts(first)[2] == 0


def test_who_was_told_the_old_instant_is_told_the_new_one(people, install):
    regimen = start(people.circle, local_time="09:00")
    before = datetime(2027, 3, 4, 9, 30, tzinfo=UTC)

    def planned() -> list[tuple[str, str, int]]:
        with transaction():
            reminders.plan_deliveries(people.circle.id, before)
        rows = db.session.scalars(sa.select(Delivery).order_by(Delivery.id))
        return [(row.stage, row.state, row.revision) for row in rows]

    planned()
    with transaction():
        lease = deliveries.lease_due(limit=1, now=before, lease_seconds=60)[0]
        deliveries.settle(lease, Outcome("accepted"), now=before)
    install("2099b", PARIS_IN_LONDON)
    keep()
    assert planned() == [
        ("day_before", "accepted", 0),
        ("morning", "superseded", 0),
        ("did_it_happen", "superseded", 0),
        ("day_before", "pending", 1),
        ("morning", "pending", 1),
        ("did_it_happen", "pending", 1),
    ]
    morning = db.session.scalars(sa.select(Delivery).where(Delivery.stage == "morning", Delivery.revision == 1)).one()
    assert morning.due_at == datetime(2027, 3, 5, 7, tzinfo=UTC)  # at eight by the new rules, when quiet hours end
    assert facts(day_of(regimen))[1] == datetime(2027, 3, 5, 8, tzinfo=UTC)


def test_a_change_made_under_old_rules_is_undone_under_new_ones(people, install):
    regimen = start(people.circle, local_time="09:00")
    with transaction():
        change = operations.move_day(day_of(regimen), to_on=D("2027-03-09"), now=NOW)
    install("2099b", PARIS_IN_LONDON)
    keep()
    with transaction():
        operations.undo_change(change, now=NOW)
    day = day_of(regimen)
    assert day.planned_on == D("2027-03-05")
    assert facts(day) == ("09:00", datetime(2027, 3, 5, 8, tzinfo=UTC), 3)
    assert keep() == 0


def test_a_change_from_before_wall_times_were_kept_is_still_undone(people):
    regimen = start(people.circle, local_time="09:00")
    with transaction():
        change = operations.move_day(day_of(regimen), to_on=D("2027-04-09"), local_time="10:00", now=NOW)
        for side in ("before", "after"):
            old: Any = getattr(change, side)
            for row in old["rows"].values():
                for day in row.get("days", {}).values():
                    del day["local_time"]
            db.session.execute(sa.update(PlanChange).values({side: old}))
    with transaction():
        operations.undo_change(change, now=NOW)
    assert facts(day_of(regimen))[:2] == ("09:00", datetime(2027, 3, 5, 9, tzinfo=UTC))


def test_the_migration_gives_each_day_the_wall_time_it_was_planned_for(people):
    regimen = start(people.circle, **GAP)
    without = start(people.circle, "2027-03-06")
    with transaction():
        operations.move_day(day_of(regimen, 1), to_on=D("2027-04-26"), local_time="14:15", now=NOW)
    kept = [day_of(regimen, 0).id, day_of(regimen, 1).id, day_of(regimen, 2).id, day_of(without).id]
    db.session.close()
    alembic.downgrade("0002")
    alembic.upgrade()
    wall_times = [db.session.get_one(InfusionDay, day_id).local_time for day_id in kept]
    assert wall_times == ["01:30", "14:15", "01:30", None]
