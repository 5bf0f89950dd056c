"""The mail of a day: words for its reader, nothing of health unless wished, one link, nothing when not wanted."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from companion.circles.models import Contact
from companion.database import transaction
from companion.delivery.models import Delivery
from companion.delivery.operations import composer_of
from companion.extensions import db
from companion.infusions import operations as infusions
from companion.reminders import queries
from companion.reminders.models import ReminderRule
from tests.reminders.conftest import AFTER, FIRST, MORNING, WEEK_BEFORE, day_of

HEALTH_WORDS = re.compile(r"infusion|privigen|clinic|mary|输液|诊所|医院", re.IGNORECASE)


@pytest.fixture
def mail_of(plan, planned, at, people):
    """Write the mail of a stage at a time, with a rule's privacy and a reader's settings."""

    def write(stage, now, privacy="neutral", regimen=None, **reader):
        at(WEEK_BEFORE)
        if regimen is None:
            plan(product="Privigen", place="St Mary", certainty="booked")
        planned()
        with transaction():
            db.session.scalars(sa.select(ReminderRule)).one().privacy = privacy
            for name, value in reader.items():
                setattr(people.ana, name, value)
        at(now)
        found = sa.select(Delivery).where(Delivery.stage == stage).order_by(Delivery.due_at)
        return composer_of("infusion_day")(db.session.scalars(found).first(), now)

    return write


def test_tomorrow_in_24_hours(mail_of):
    mail = mail_of("day_before", datetime(2026, 11, 29, 9, tzinfo=UTC))
    assert mail.subject == "A reminder is waiting for you"
    assert "Tomorrow, Mon 30 Nov, 9:00\nIn 24 hours.\nThis date is booked." in mail.text
    assert mail.to == "ana@example.org"


def test_five_hours_late_it_says_how_long_it_really_is(mail_of):
    assert "In 19 hours." in mail_of("day_before", datetime(2026, 11, 29, 14, tzinfo=UTC)).text


def test_the_morning_mail_in_chinese(mail_of):
    mail = mail_of("morning", MORNING, language="zh")
    assert (mail.subject, mail.language) == ("您有一条提醒", "zh")
    assert "今天，11月30日 周一 9:00\n还有 50 分钟。" in mail.text
    assert 'lang="zh-Hans"' in mail.html


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("stage", ["week_before", "day_before", "morning"])
def test_a_neutral_mail_tells_nothing_of_health(mail_of, stage, language):
    mail = mail_of(stage, WEEK_BEFORE, language=language)
    for text in (mail.subject, re.sub(r"http\S+", "", mail.text), re.sub(r"http\S+", "", mail.html)):
        assert not HEALTH_WORDS.search(text)


def test_a_mail_with_time_only_has_the_date_in_its_subject(mail_of):
    mail = mail_of("day_before", WEEK_BEFORE, "time_only")
    assert mail.subject == "Reminder for Mon 30 Nov"
    assert not HEALTH_WORDS.search(mail.text.replace("http", ""))


def test_a_full_mail_names_infusion_place_product_and_clinic(mail_of, people):
    with transaction():
        db.session.add(Contact(circle_id=people.circle.id, kind="clinic", name="Ward 5", phone="020 7946 0000"))
    mail = mail_of("day_before", WEEK_BEFORE, "full")
    assert mail.subject == "Infusion on Mon 30 Nov"
    for line in ("Infusion\n", "Place: St Mary", "Product: Privigen", "Clinic: Ward 5 020 7946 0000"):
        assert line in mail.text


def test_a_place_with_a_line_break_cannot_forge_a_header(mail_of, plan):
    mail = mail_of("day_before", WEEK_BEFORE, "full", regimen=plan(place="x\r\nBcc: all@example.org"))
    assert "\n" not in mail.subject


def test_an_expected_date_says_that_it_is_an_estimate(mail_of, plan):
    mail = mail_of("week_before", WEEK_BEFORE, regimen=plan())
    assert "In 7 days, Mon 30 Nov, 9:00\nThis date is our estimate, not booked." in mail.text


def test_without_a_time_no_time_is_said(mail_of, plan):
    mail = mail_of("day_before", datetime(2026, 11, 29, 9, tzinfo=UTC), regimen=plan(local_time=None))
    assert "Tomorrow, Mon 30 Nov\nThis date" in mail.text


@pytest.mark.parametrize(
    ("tz", "shown"),
    [
        ("Europe/London", "Tomorrow, Mon 30 Nov, 9:00\n"),
        ("Europe/Lisbon", "Tomorrow, Mon 30 Nov, 9:00\n"),
        ("Asia/Shanghai", "Tomorrow, Mon 30 Nov, 9:00 London time\n"),
        ("Pacific/Honolulu", "\nMon 30 Nov, 9:00 London time\n"),
    ],
)
def test_the_time_is_the_clinics_and_says_so_where_the_readers_differs(mail_of, tz, shown):
    assert shown in mail_of("day_before", datetime(2026, 11, 29, 9, tzinfo=UTC), tz=tz).text


def test_the_question_carries_the_danger_signs(mail_of):
    mail = mail_of("did_it_happen", AFTER)
    assert mail.subject == "A question is waiting for you"
    for text in (mail.text, mail.html):
        assert "Call for emergency help now." in text
        assert "Mon 30 Nov" in text


def test_each_mail_has_one_button_ways_to_change_or_stop_reminders_and_nothing_from_elsewhere(mail_of):
    for stage in ("week_before", "day_before", "morning", "did_it_happen"):
        mail = mail_of(stage, WEEK_BEFORE, regimen=None if stage == "week_before" else "kept")
        assert len(re.findall(r"https?://", mail.text)) == 3
        assert len(re.findall(r"https?://", mail.html)) == 3
        assert "<img" not in mail.html


def test_a_caregivers_mail_names_the_patient(plan, planned, at, people):
    at(WEEK_BEFORE)
    plan()
    with transaction():
        people.circle.patient_name = "Ana"
        db.session.add(
            ReminderRule(
                circle_id=people.circle.id,
                recipient_id=people.ben.id,
                privacy="full",
                created_at=WEEK_BEFORE,
            )
        )
    bens = next(row for row in planned() if row.recipient_id == people.ben.id)
    assert composer_of("infusion_day")(bens, WEEK_BEFORE).text.startswith("Infusion, for Ana\n")


@pytest.mark.parametrize("change", ["answered", "moved", "ended", "rule", "left", "bad address", "other address"])
def test_nothing_is_written_once_it_is_not_wanted(plan, planned, people, change):
    regimen = plan()
    row = planned()[0]
    with transaction():
        if change == "answered":
            infusions.skip_day(day_of(regimen), now=WEEK_BEFORE)
        elif change == "moved":
            infusions.move_day(day_of(regimen), to_on=FIRST + timedelta(days=1), now=WEEK_BEFORE)
        elif change == "ended":
            infusions.end_regimen(regimen, now=WEEK_BEFORE)
        elif change == "rule":
            db.session.scalars(sa.select(ReminderRule)).one().is_on = False
        elif change == "left":
            db.session.delete(queries.membership_of(people.circle.id, people.ana.id))
        elif change == "bad address":
            people.ana.address.bad_since_at = WEEK_BEFORE
        else:
            row.address_id = people.ben.address.id
    assert composer_of("infusion_day")(row, WEEK_BEFORE) is None


def test_a_day_of_a_course_is_numbered(mail_of, plan):
    mail = mail_of("morning", MORNING, "full", regimen=plan(day_offsets=[0, 1, 2]))
    assert mail.text.startswith("Infusion, day 1 of 3\n")


def test_of_two_plans_a_mail_says_which_one(plan, planned, at, people):
    """While a switch lasts, "infusion" alone could be either."""
    at(WEEK_BEFORE)
    into_a_vein, beside_it, under_skin = plan(route="IV"), plan(route="IV"), plan(route="SC")
    texts = {}
    for row in planned():
        db.session.get_one(ReminderRule, row.rule_id).privacy = "full"
        texts[row.subject_id] = composer_of("infusion_day")(row, WEEK_BEFORE).text
    assert texts[day_of(into_a_vein).id].startswith("Infusion, plan 1\n")
    assert texts[day_of(beside_it).id].startswith("Infusion, plan 2\n")
    assert texts[day_of(under_skin).id].startswith("Infusion under the skin\n")


@pytest.mark.parametrize(
    ("privacy", "title", "body"),
    [
        ("neutral", "A reminder is waiting for you", ""),
        ("time_only", "Reminder for Mon 30 Nov", "Tomorrow, Mon 30 Nov, 9:00"),
        ("full", "Infusion on Mon 30 Nov", "Infusion\nTomorrow, Mon 30 Nov, 9:00"),
    ],
)
def test_a_lock_screen_shows_what_the_reader_wished(mail_of, privacy, title, body):
    now = datetime(2026, 11, 29, 9, tzinfo=UTC)
    mail_of("day_before", now, privacy)
    delivery = db.session.scalars(sa.select(Delivery).where(Delivery.stage == "day_before")).first()
    delivery.channel = "webhook"
    message = json.loads(composer_of("infusion_day")(delivery, now).body)
    assert (message["title"], message["body"]) == (title, body)
    assert "/answer" in message["link"]
