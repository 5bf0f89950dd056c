"""Each reminder mail can be stopped by one click, by hand or by the mail program, and that can be taken back."""

from email import message_from_bytes, policy

import pytest

from companion.database import transaction
from companion.delivery.channels.email import mime
from companion.delivery.models import PushSubscription
from companion.extensions import db
from companion.reminders import operations, queries
from companion.reminders.models import MAIL_NEVER
from tests.reminders.conftest import WEEK_BEFORE, stages

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def mail(people, plan, planned, at):
    """Ana's mail of the week before, as it travels."""
    at(WEEK_BEFORE)
    plan()
    row = next(row for row in planned() if row.stage == "week_before")
    message = operations.compose(row, WEEK_BEFORE)
    raw = mime(message, "Companion <app@example.org>", WEEK_BEFORE).as_bytes()
    return message_from_bytes(raw, policy=policy.default), raw


def path_of(mail):
    return mail["List-Unsubscribe"].strip("<>").removeprefix("http://localhost")


def rule_of(people):
    db.session.expire_all()
    return queries.rule_of(people.circle.id, people.ana.id)


def phone(people):
    with transaction():
        device = PushSubscription(
            account_id=people.ana.id,
            endpoint_hash="e",
            p256dh="p",
            vapid_public="v",
            provider="push.example.org",
            device_name="Pixel 8",
            created_at=WEEK_BEFORE,
        )
        device.endpoint, device.auth = "https://push.example.org/1", "a"
        db.session.add(device)


def test_the_mail_says_how_to_stop_it(mail):
    parsed, raw = mail
    assert parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = parsed["List-Unsubscribe"]
    assert link.startswith("<http")
    assert link.endswith(">")
    assert f"\r\nList-Unsubscribe: {link}\r\n".encode() in raw, "mail programs do not decode this header"
    for part in ("plain", "html"):
        body = parsed.get_body((part,)).get_content()
        assert link.strip("<>") in body
        assert "Stop these mails" in body


def test_a_mail_program_stops_them_without_a_page_of_ours(mail, people, client_of, planned):
    client, path = client_of(), path_of(mail[0])
    assert client.get(path).status_code == 200
    assert rule_of(people).is_on
    assert client.post(path, data=ONE_CLICK).status_code == 200
    rule = rule_of(people)
    assert (rule.is_on, rule.mail) == (False, MAIL_NEVER)
    assert stages(planned()) == []
    assert client.post(path, data=ONE_CLICK).status_code == 200


def test_a_person_stops_them_and_takes_it_back(mail, people, client_of, planned):
    phone(people)
    client, path = client_of(), path_of(mail[0])
    assert "Stop these mails?" in client.get(path).text
    answer = client.post(path)
    page = client.get(answer.location).text
    assert "Mails are stopped" in page
    assert "Reminders still come to your device." in page
    rule = rule_of(people)
    assert (rule.is_on, rule.mail) == (True, MAIL_NEVER)
    assert {row.channel for row in planned() if row.state == "pending"} == {"push"}
    assert "邮件已停发" in client.get(f"{path}?lang=zh").text
    key = answer.location.split("undo=")[1]
    client.post(f"{path}/undo", data={"undo": key})
    rule = rule_of(people)
    assert (rule.is_on, rule.mail) == (True, "backup")
    assert "email" in {row.channel for row in planned() if row.state == "pending"}


def test_a_mail_that_is_under_way_is_not_sent_any_more(mail, people, client_of, planned):
    rows = [row for row in planned() if row.stage == "morning"]
    client_of().post(path_of(mail[0]), data=ONE_CLICK)
    assert operations.compose(rows[0], WEEK_BEFORE) is None


def test_a_forged_or_foreign_one_changes_nothing(mail, people, client_of):
    client, path = client_of(), path_of(mail[0])
    assert client.get(f"{path}x").status_code == 404
    assert client.post(f"{path[:-4]}abcd", data=ONE_CLICK).status_code == 404
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert client.post(path, data=ONE_CLICK, headers=foreign).status_code == 403
    client.post(f"{path}/undo", data={"undo": "forged"})
    assert rule_of(people).is_on
