"""The sample circle holds what the demonstration promises, and nothing that alarms or sends old mail."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from statistics import mean, median
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from companion.checkins import queries as checkins
from companion.checkins.models import CheckIn, Measurement
from companion.circles.queries import contacts_of, latest_weight, memberships_of
from companion.clock import now
from companion.consents.models import Consent
from companion.database import transaction
from companion.delivery.jobs import audit_deliveries, dispatch_due, send_now
from companion.delivery.models import ACCEPTED, OPEN_STATES, SETTLED_STATES, Delivery
from companion.delivery.queries import is_confirmed
from companion.demo.queries import account_of
from companion.devices.operations import plan_test
from companion.devices.queries import MOVED, devices_of
from companion.domain.safety import asks_when_it_came
from companion.extensions import db
from companion.infusions import queries as infusions
from companion.infusions.models import BOOKED, DONE, EXPECTED, PARTIAL, SKIPPED
from companion.insights.queries import overview
from companion.medical_cards.queries import faces_of
from companion.messages.queries import history_of
from companion.preparations.queries import duties_of
from companion.reminders.jobs import plan_deliveries
from companion.reminders.models import ReminderRule
from companion.supplies.queries import shelves
from companion.trail.models import TrailEntry
from companion.visits.queries import next_visit

TODAY = now().astimezone(ZoneInfo("Europe/London")).date()
LONG_AGO = date(2000, 1, 1)


@pytest.fixture
def circle(demo):
    return memberships_of(account_of("ana"))[0].circle


@pytest.fixture
def rows(circle):
    """Ana's check-ins, oldest first."""
    return checkins.check_ins_between(circle, LONG_AGO, TODAY)[::-1]


@pytest.fixture
def courses(circle):
    return infusions.infusions_between(circle, LONG_AGO, TODAY)


def grips(circle, hand):
    """Best grip by day."""
    device = checkins.current_device(circle)
    return {each.on: float(each.value) for each in checkins.best_by_day(circle, hand, device, LONG_AGO)}


def test_who_is_there(circle):
    presets = {m.account.name: m.preset for m in circle.memberships}
    assert presets == {"Ana": "patient", "Ben": "manage_calendar", "Vera": "calendar_only"}
    assert circle.patient_name == "Ana"
    sams = memberships_of(account_of("sam"))
    assert [m.preset for m in sams] == ["patient"]
    assert sams[0].circle is not circle
    assert checkins.check_ins_between(sams[0].circle, LONG_AGO, TODAY)
    assert infusions.next_infusion(sams[0].circle, TODAY) is not None


def test_contacts_have_numbers_that_reach_nobody(circle):
    contacts = contacts_of(circle)
    assert {"clinic", "after_hours", "neurologist"} <= set(contacts)
    assert all(contact.phone.startswith("01632 960") for contact in contacts.values())
    assert latest_weight(circle).weight_kg == 70


def test_eighteen_months_with_gaps(rows):
    days = sorted({row.on for row in rows})
    assert 540 <= (days[-1] - days[0]).days <= 550
    assert days[-1] == TODAY - timedelta(days=1)
    pauses = [(later - earlier).days - 1 for earlier, later in pairwise(days)]
    assert max(pauses) >= 14
    assert len([pause for pause in pauses if pause]) > 50
    assert not any(later > now() for later in (row.recorded_at for row in rows))


def test_the_right_hand_is_weaker(circle):
    assert median(grips(circle, "right").values()) < 0.65 * median(grips(circle, "left").values())


def test_the_left_hand_alone_sags_at_the_end_of_a_cycle(circle, courses):
    starts = [course.first_on for course in courses if course.is_given][3:]
    share = {}
    for hand in ("left", "right"):
        by_day = grips(circle, hand)
        spans = {"middle": range(7, 20), "end": range(25, 28)}
        values = {
            name: [by_day[s + timedelta(days=n)] for s in starts for n in span if s + timedelta(days=n) in by_day]
            for name, span in spans.items()
        }
        share[hand] = mean(values["end"]) / mean(values["middle"])
    assert share["left"] < 0.85
    assert share["right"] > 0.95


def test_winter_is_weaker(circle):
    by_day = {on: value for on, value in grips(circle, "right").items() if on > TODAY - timedelta(days=400)}
    winter = [value for on, value in by_day.items() if on.month in (1, 2)]
    summer = [value for on, value in by_day.items() if on.month in (6, 7, 8)]
    assert mean(winter) < 0.95 * mean(summer)


def test_ratings_go_with_grip(rows):
    for hand in ("left", "right"):
        by_rating = {}
        for row in rows:
            for one in row.measurements:
                if one.hand == hand:
                    by_rating.setdefault(getattr(row, f"{hand}_rating"), []).append(one.value)
        means = [mean(by_rating[rating]) for rating in sorted(by_rating) if len(by_rating[rating]) > 5]
        assert len(means) >= 2
        assert means == sorted(means)


def test_repeated_ones_hold_ratings_only(rows):
    repeated = [row for row in rows if row.repeated]
    assert 5 < len(repeated) < 50
    assert not any(row.measurements or row.symptoms or row.task_answers for row in repeated)


def test_symptoms_notes_and_weekly_tasks(rows):
    assert {s for row in rows for s in row.symptoms} >= {"cold", "cramps", "twitching", "tiredness"}
    assert 5 <= len([row for row in rows if row.note]) <= 15
    assert all(row.on.weekday() == 6 for row in rows if row.task_answers)
    assert len([row for row in rows if row.task_answers]) > 40
    assert {answer.answer for row in rows for answer in row.task_answers} == {"easy", "with_effort", "cannot"}


def test_nothing_asks_whether_it_came_suddenly(rows):
    asked = [
        row.on
        for row in rows
        if asks_when_it_came(
            row.on,
            checkins.earlier_ratings(row),
            {"left": row.left_rating, "right": row.right_rating},
            "something_new" in row.symptoms,
        )
    ]
    assert asked == []


def test_infusions_of_every_kind(courses):
    past = [course for course in courses if course.first_on < TODAY]
    assert len(past) == 19
    assert {day.state for course in past for day in course.days} == {DONE, SKIPPED, PARTIAL}
    assert len([course for course in past if course.moved_from_on]) == 1
    assert any(reaction.what.startswith("Headache") for course in past for reaction in course.reactions)
    lots = [{vial.lot for vial in course.vials} for course in past]
    assert lots.count(set()) == 1
    assert all(len(kinds) > 1 for kinds in lots if kinds)
    assert all(
        sum(v.grams for v in c.vials) == sum(d.grams_given for d in c.days if d.is_given) for c in past if c.vials
    )


def test_the_next_one_is_booked_in_six_days_and_the_later_ones_are_expected_for_13_months(circle):
    ahead = infusions.upcoming_infusions(circle, TODAY)
    assert (ahead[0].first_on, ahead[0].certainty) == (TODAY + timedelta(days=6), BOOKED)
    assert [day.planned_on for day in ahead[0].days] == [TODAY + timedelta(days=n) for n in (6, 7)]
    assert {course.certainty for course in ahead[1:]} == {EXPECTED}
    assert ahead[-1].first_on > TODAY + timedelta(days=360)
    regimen = ahead[0].regimen
    assert (regimen.route, regimen.doses[0].total_grams, regimen.place) == ("IV", 70, "City hospital day unit")
    assert infusions.open_days(circle, TODAY) == []


def test_around_the_infusions_stand_visits_a_driver_records_and_a_shelf(circle, courses):
    ahead = infusions.next_infusion(circle, TODAY)
    assert {duty.account.name for duty in duties_of([ahead])[ahead.id] if duty.role == "drive"} == {"Ben"}
    assert next_visit(circle, TODAY, kind="neurologist").planned_on == TODAY + timedelta(days=12)
    assert courses[-1].days[-1].given_record.vein_site == "forearm_left"
    shelf = shelves(memberships_of(account_of("sam"))[0].circle, TODAY)
    assert [one.is_low for one in shelf] == [False, True]


def test_the_worker_sends_nothing_old(demo, circle):
    assert db.session.scalars(sa.select(ReminderRule.recipient_id)).all()
    before = db.session.scalar(sa.select(sa.func.count()).where(Delivery.state == ACCEPTED))
    assert before > 30
    plan_deliveries()
    dispatch_due()
    assert not list(demo.config["COMPANION"].outbox.glob("*.eml"))
    rows = list(db.session.scalars(sa.select(Delivery).where(Delivery.circle_id == circle.id)))
    assert {row.state for row in rows if row.due_at <= now()} <= set(SETTLED_STATES)
    assert [row for row in rows if row.state in OPEN_STATES]
    assert audit_deliveries(), "what was sent adds up"


def test_messages_go_to_a_phone_and_to_ben_and_one_was_sent_by_hand(circle):
    ana, ben = account_of("ana"), account_of("ben")
    phone, tablet = devices_of(ana)
    assert is_confirmed(phone, now())
    assert tablet.closed_reason == MOVED, "closed, and no card on Today"
    ahead = infusions.next_infusion(circle, TODAY)
    (day, _second) = history_of(ahead)
    told = {(row.reader, row.delivery.channel) for rows in day.stages.values() for row in rows}
    assert {("Ana", "push"), ("Ben", "email")} <= told
    (copied,) = day.copied
    assert (copied.reader_name, copied.answer, copied.sender.name) == ("Uncle Wu", "still_on", "Ben")
    rules = {rule.recipient_id: rule for rule in db.session.scalars(sa.select(ReminderRule))}
    assert rules[ana.id].nudge_at
    assert rules[ben.id].gets_escalations


def test_a_sample_device_is_written_to_on_the_console_only(demo, circle, capsys):
    phone = devices_of(account_of("ana"))[0]
    with transaction():
        test_id = plan_test(phone, now()).id
    send_now(test_id)
    assert db.session.get(Delivery, test_id, populate_existing=True).state == ACCEPTED
    assert "On a sample device: Test message" in capsys.readouterr().out


def test_the_first_screen_is_calm_and_whole(demo):
    client = demo.test_client()
    client.post("/demo/sign-in", data={"person": "ana"})
    page = client.get("/").text
    assert page.count("</strong> kg</span>") == 2
    assert "may not reach" not in page


def test_the_pages_of_insights_have_both_kinds(circle):
    anas, sams = overview(circle, TODAY), overview(memberships_of(account_of("sam"))[0].circle, TODAY)
    assert anas.device.name == "Hand dynamometer"
    assert sams.device is None
    for page in (anas, sams):
        assert all(picture.values for picture in page.pictures)
        assert page.infusions.starts
        assert page.tasks


@pytest.mark.parametrize(
    "at",
    [
        datetime(2027, 3, 28, 0, 30, tzinfo=UTC),  # the night when clocks go forward
        datetime(2026, 10, 24, 23, 30, tzinfo=UTC),  # London is a day ahead of UTC here
        datetime(2028, 2, 29, 12, tzinfo=UTC),
    ],
)
def test_it_is_right_on_any_day(load, at):
    with load(at).app_context():
        today = at.astimezone(ZoneInfo("Europe/London")).date()
        circle = memberships_of(account_of("ana"))[0].circle
        assert infusions.next_infusion(circle, today).first_on == today + timedelta(days=6)
        assert checkins.months_with_check_ins(circle)[1] == today - timedelta(days=1)
        db.session.close()


def test_it_is_the_same_each_time(load):
    at, seen = now(), []
    for _ in range(2):
        with load(at).app_context():
            query = sa.select(Measurement.on, Measurement.hand, Measurement.value).join(CheckIn)
            seen.append(db.session.execute(query.order_by(Measurement.id)).all())
            db.session.close()
    assert seen[0] == seen[1]


def test_movements_everyday_hands_and_totals_of_eighteen_months(rows, circle):
    checks = [row for row in rows if row.movements]
    assert len(checks) > 45
    assert all(len(row.movements) == 10 and row.on.weekday() == 6 for row in checks)
    assert 18 < len([row for row in rows if row.daily_hands]) < len(checks)
    last = {(one.item, one.side): one.answer for one in checks[-1].movements}
    assert last["straighten_fingers", "right"] == "weaker"
    assert "cannot" not in last.values()
    assert [row.hand_warmth for row in rows if "cold_outside" in row.context][:1] == ["cold"]
    totals = checkins.totals_of(circle)
    assert [one.name for one in totals] == ["MMN-RODS"] * 5
    assert all(one.out_of is None and one.on < TODAY for one in totals)
    assert not any(row.taps for row in rows)


def test_ana_has_a_medical_card(circle):
    face = faces_of(circle, TODAY, "en")[0]
    said = " ".join(text for _label, text in face.front)
    assert "MMN" in said
    assert "Penicillin" in said


def test_ana_agreed_and_sees_who_looked(demo, circle):
    assert sorted(one.purpose for one in db.session.query(Consent)) == [
        "clinician_link",
        "health_data",
        "mail",
        "sharing",
    ]
    looks = db.session.query(TrailEntry).filter_by(verb="read").all()
    ids = {name: account_of(name).public_id for name in ("ben", "vera")}
    assert {(one.actor, one.kind) for one in looks} == {
        (ids["vera"], "calendar"),
        (ids["ben"], "infusions"),
        (ids["ben"], "preparations"),
        (ids["ben"], "calendar"),
    }
