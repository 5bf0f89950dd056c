"""Messages and answers of one infusion: what was planned, sent, shown, refused, taken back, and who answered."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from companion.database import transaction
from companion.delivery.models import Delivery, PushSubscription
from companion.extensions import db
from companion.infusions import operations as infusions
from tests.reminders.conftest import AFTER, WEEK_BEFORE, day_of

TEN = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture
def told(people, plan, planned, at):
    """Ana's plan of one day and its messages by mail, a week before; gives the page's address and the messages."""
    at(WEEK_BEFORE)
    regimen = plan(certainty="booked")
    rows = {row.stage: row for row in planned()}
    return f"/infusions/{regimen.infusions[0].public_id}/messages", rows, regimen


def phone(account):
    row = PushSubscription(
        account_id=account.id,
        endpoint_hash="e",
        p256dh="p",
        vapid_public="v",
        provider="push.example.org",
        device_name="Pixel 8",
        created_at=WEEK_BEFORE,
    )
    row.endpoint, row.auth = "https://push.example.org/1", "a"
    db.session.add(row)
    db.session.flush()
    return row


def copy_of(row, **values):
    kept = {c.name: getattr(row, c.name) for c in Delivery.__table__.columns if c.name not in ("id", "public_id")}
    db.session.add(Delivery(**(kept | {"message_id": "<m@x>"} | values)))


def end(row, state, reason=None, **values):
    row.state, row.reason, row.settled_at = state, reason, TEN
    for name, value in values.items():
        setattr(row, name, value)


def test_planned_sent_shown_and_refused_are_told_apart(told, people, client_of):
    url, rows, _ = told
    with transaction():
        device = phone(people.ana)
        push = {"channel": "push", "address_id": device.id, "provider": "push.example.org"}
        end(rows["week_before"], "accepted")
        copy_of(
            rows["week_before"], **push, state="accepted", settled_at=TEN, confirmed_at=TEN + timedelta(minutes=32)
        )
        copy_of(rows["day_before"], **push, state="accepted", settled_at=TEN)
        end(rows["day_before"], "failed", "permanent_address rcpt 550")
        end(rows["morning"], "expired")
    page = client_of(people.vera).get(url).text
    for words in (
        "Sent Mon 23 Nov, 10:00",
        "device Pixel 8",
        "Shown on the device Mon 23 Nov, 10:32",
        "Unknown whether the device showed it.",
        "Could not be delivered.",
        "This mail address does not work.",
        "too late to be of use",
        "Planned for Tue 1 Dec, 10:00",
        "No answer yet.",
    ):
        assert words in page, words
    assert "missed" not in page
    assert page.index("Did it happen?") < page.index("A week before")
    assert url in client_of(people.ana).get(url.removesuffix("/messages")).text
    assert client_of(people.sam).get(url).status_code == 404


def test_the_answer_says_who_and_by_which_way_and_takes_the_rest_back(told, people, client_of, planned, at):
    url, rows, regimen = told
    with transaction():
        end(rows["week_before"], "accepted")
        delivery = rows["week_before"].id
    at(AFTER)
    assert "unknown whether it took place" in client_of(people.ben).get(url).text
    at(WEEK_BEFORE)
    with transaction():
        infusions.skip_day(day_of(regimen), account=people.ana, delivery_id=delivery, now=WEEK_BEFORE)
    planned()
    page = client_of(people.ben).get(url).text
    assert "Ana, Mon 23 Nov, 12:00, from a mail" in page
    assert "3 messages were not needed" in page
    assert "somebody had answered" in page
    assert "Ana (you)" in client_of(people.ana).get(url).text


def test_who_has_left_is_not_named_and_words_are_chinese(told, people, client_of, plan):
    url, rows, _ = told
    with transaction():
        copy_of(rows["week_before"], recipient_id=people.sam.id)
    page = client_of(people.ana).get(f"{url}?lang=zh").text
    assert "Sam" not in page
    assert "已离开照护圈的人" in page
    assert "计划 11月" in page


def test_a_long_history_costs_no_more_reads(told, people, client_of):
    url, rows, regimen = told
    client, counts = client_of(people.ana), []
    for turn in range(2):
        statements: list[str] = []

        def note(*words, statements=statements):
            statements.append(words[2])

        sa.event.listen(db.engine, "before_cursor_execute", note)
        client.get(url)
        sa.event.remove(db.engine, "before_cursor_execute", note)
        counts.append(len(statements))
        with transaction():
            for number in range(1, 13):
                copy_of(
                    rows["week_before"], revision=100 * turn + number, recipient_id=people.ben.id, state="accepted"
                )
                infusions.confirm_day(day_of(regimen), account=people.ben, now=WEEK_BEFORE)
    assert counts[1] <= counts[0]
    assert "21 more" in client.get(url).text
