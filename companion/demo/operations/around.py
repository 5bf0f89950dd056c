"""What stands around the infusions of the sample: visits, who drives, things to prepare, records, a shelf at home."""

from datetime import timedelta
from decimal import Decimal

import sqlalchemy as sa

from companion.calendar.operations import make_feed
from companion.demo.operations.calendar import Calendar
from companion.demo.operations.infusions import PRODUCT, send_reminders
from companion.demo.operations.messages import ask_uncle_wu
from companion.demo.operations.people import People
from companion.domain.label_dates import month_end
from companion.domain.recurrence import Interval, Unit
from companion.extensions import db
from companion.infusions import operations as infusions
from companion.infusions.models import GIVEN, InfusionDay
from companion.infusions.queries import next_infusion
from companion.preparations import operations as preparations
from companion.supplies import operations as supplies
from companion.visits import operations as visits

RECORDS, NEXT_VISIT = 3, 12
STEPS = "Wash hands\nRead the name on each bottle\nWrite down the lots\nDrink a glass of water"


def look_around(people: People, days: Calendar) -> None:
    """Ana's visits, the list before the next infusion, the records of the last ones, her calendar
    feed, and a message that Ben sent by hand."""
    ahead = next_infusion(people.circle, days.today)
    assert ahead is not None
    _plan_visits(people, days)
    preparations.offer_duty(ahead, "stay", to=people.vera, account=people.ana, only_own=False, now=days.now)
    preparations.tick_item(ahead, "blood_test", done=True, account=people.ben, now=days.now)
    _write_records(people, days)
    make_feed(people.ana, people.circle, language="en", now=days.now)
    ask_uncle_wu(people, ahead, days)
    send_reminders(people.circle.id, days.now)


def fill_sams_shelf(people: People, days: Calendar) -> None:
    """What Sam has at home for infusions under the skin, and what is on its way."""
    soon = days.on(100)
    bottles = supplies.add_supply(people.sams_circle, kind="vial", name=PRODUCT, grams=Decimal(10), now=days.now)
    needles = supplies.add_supply(people.sams_circle, kind="material", name="Needle sets", low_at=3, now=days.now)
    for lot, count, expires_on in (("LS3107", 2, soon), ("LS3222", 2, soon + timedelta(days=200))):
        supplies.receive(
            bottles,
            count=count,
            on=days.on(-12),
            lot=lot,
            expires_on=month_end(expires_on),
            account=people.sam,
            now=days.now,
        )
    supplies.receive(needles, count=3, on=days.on(-40), account=people.sam, now=days.now)
    supplies.expect_parcel(bottles, count=6, expected_on=days.on(5), now=days.now)


def _plan_visits(people: People, days: Calendar) -> None:
    visits.add_visit(
        people.circle,
        kind="neurologist",
        planned_on=days.on(NEXT_VISIT),
        local_time="10:30",
        length_minutes=45,
        place="Nerve clinic, 2nd floor",
        bring="The list of medicines",
        questions="Why is the left hand weaker before each infusion?",
        repeat=Interval(3, Unit.MONTH),
        now=days.now,
    )
    visits.add_visit(
        people.circle,
        kind="physiotherapy",
        planned_on=days.on(3),
        local_time="16:00",
        length_minutes=30,
        repeat=Interval(2, Unit.WEEK),
        now=days.now,
    )


def _write_records(people: People, days: Calendar) -> None:
    infusions.save_step_list(
        people.circle, vein=STEPS, skin=None, seen=infusions.steps_mark(None, None), now=days.now
    )
    for day in _last_given(people):
        infusions.save_given_record(
            day,
            infusions.facts_of(day)
            | {"started": "09:50", "stopped": "13:20", "vein_site": "forearm_left", "given_by": "Day unit"},
            account=people.ana,
            now=days.now,
        )


def _last_given(people: People) -> list[InfusionDay]:
    query = (
        sa.select(InfusionDay)
        .where(InfusionDay.circle_id == people.circle.id, InfusionDay.state.in_(GIVEN))
        .order_by(InfusionDay.given_on.desc())
        .limit(RECORDS)
    )
    return list(db.session.scalars(query))
