"""Pages of rules: what each person chooses, who else is told, and what nobody may choose for another."""

from dataclasses import replace

import pytest

from companion.database import transaction
from companion.extensions import db
from companion.reminders import queries
from companion.reminders.models import EVENTS

FOLLOWS = {"follow_redirects": True}


@pytest.fixture
def rule(people):
    """The stored rule of a person, fresh."""

    def read(account):
        db.session.expire_all()
        return queries.rule_of(people.circle.id, account.id)

    return read


@pytest.mark.parametrize(
    ("group", "typed", "column", "kept"),
    [
        ("ways", {"by_push": "y", "mail": "always"}, "mail", "always"),
        ("ways", {"mail": "backup"}, "by_push", False),
        ("events", {"visit": "y", "lead_hours": "48"}, "events_off", [event for event in EVENTS if event != "visit"]),
        ("events", {"visit": "y", "lead_hours": "72"}, "lead_hours", 72),
        ("lock-screen", {"privacy": "full"}, "privacy", "full"),
        ("check-in", {"wanted": "yes", "nudge_at": "8:30"}, "nudge_at", "08:30"),
        ("check-in", {"wanted": "no", "nudge_at": "what"}, "nudge_at", None),
    ],
)
def test_a_wish_is_kept_and_taken_back(people, client_of, rule, group, typed, column, kept):
    ana = client_of(people.ana)
    assert ana.get(f"/circle/reminders/{group}").text.count("<h1>") == 1
    page = ana.post(f"/circle/reminders/{group}", data=typed, **FOLLOWS)
    assert getattr(rule(people.ana), column) == kept
    assert "Undo" in page.text
    assert rule(people.ana).is_on


@pytest.mark.parametrize(
    ("group", "typed", "said"),
    [
        ("ways", {"mail": "sometimes"}, "Choose one of these."),
        ("events", {"lead_hours": "13"}, "Choose one of these."),
        ("lock-screen", {"privacy": ""}, "Choose one of these."),
        ("check-in", {"wanted": "yes", "nudge_at": ""}, "Type a time such as 9:00 or 14:30."),
        ("check-in", {"wanted": "yes", "nudge_at": "25:99"}, "25:99"),
        ("check-in", {}, "Choose one of these."),
    ],
)
def test_what_does_not_fit_is_said_and_kept(people, client_of, rule, group, typed, said):
    page = client_of(people.ana).post(f"/circle/reminders/{group}", data=typed)
    assert page.status_code == 422
    assert said in page.text
    assert rule(people.ana) is None


def test_undo_brings_every_box_back(people, client_of, rule):
    ana = client_of(people.ana)
    ana.post("/circle/reminders/events", data={"lead_hours": "12"}, **FOLLOWS)
    page = ana.post(
        "/circle/reminders/events", data={"visit": "y", "supply": "y", "lead_hours": "48"}, **FOLLOWS
    ).text
    bar = page[page.index('class="undo__form"') :].split("</form>")[0]
    assert 'name="lead_hours" value="12"' in bar
    assert 'name="visit"' not in bar


def test_a_caregiver_is_switched_on_by_the_patient_and_off_by_themselves(people, client_of, rule):
    ana, ben = client_of(people.ana), client_of(people.ben)
    page = ben.get("/circle/reminders").text
    assert "They are off." in page
    assert "Who else is told" not in page
    assert ben.post("/circle/reminders", data={"is_on": "y"}).status_code == 403
    assert ben.get("/circle/reminders/people").status_code == 403
    assert ben.get("/circle/reminders/check-in").status_code == 404
    shown = (page + ben.get("/circle/reminders/events").text).split("<main", 1)[1]
    assert "Check-ins" not in shown.replace("Check-ins wait on this device", "")
    ben.post("/circle/reminders/events", data={"visit": "y", "check_in": "y", "lead_hours": "24"})
    assert rule(people.ben).wants("check_in"), "what was not asked stays as it was"
    member = queries.membership_of(people.circle.id, people.ben.id).public_id
    ana.post("/circle/reminders/people", data={"member": member, "alerts": "y", "escalations": "y"})
    assert (rule(people.ben).is_on, rule(people.ben).gets_escalations) == (True, True)
    assert rule(people.ben).switched_on_by_id == people.ana.id
    ben.post("/circle/reminders", data={})
    assert not rule(people.ben).is_on
    assert "Ben switched them off." in ana.get("/circle/reminders/people").text
    ana.post("/circle/reminders/people", data={"member": member, "alerts": "y"})
    assert (rule(people.ben).is_on, rule(people.ben).gets_escalations) == (False, False)
    assert ben.post("/circle/reminders", data={"is_on": "y"}).status_code == 303
    assert rule(people.ben).is_on
    ana.post("/circle/reminders/people", data={"member": member})
    assert not rule(people.ben).is_on
    assert ben.post("/circle/reminders", data={"is_on": "y"}).status_code == 403
    assert ana.post("/circle/reminders/people", data={"member": "nobody"}).status_code == 422


def test_the_hours_of_waiting_are_the_patients(people, client_of, rule):
    ana = client_of(people.ana)
    assert ana.post("/circle/reminders/waiting", data={"hours": "6"}, **FOLLOWS).status_code == 200
    assert rule(people.ana).escalate_after_hours == 6
    page = ana.post("/circle/reminders/waiting", data={"hours": "25"})
    assert page.status_code == 422
    assert "Type a number from 1 to 24." in page.text


def test_who_cannot_be_reached_reads_it(people, client_of):
    ana = client_of(people.ana)
    assert "No reminder reaches you now." not in ana.get("/circle/reminders").text
    with transaction():
        people.ana.address.bad_since_at = people.ana.created_at
    assert "No reminder reaches you now." in ana.get("/circle/reminders").text
    assert "/circle/reminders" in ana.get("/settings").text
    assert "/circle/reminders" in ana.get("/circle").text


def test_who_may_choose_another_service_reads_how_the_operator_knows_them(app, people, client_of):
    ana = client_of(people.ana)
    assert "by this word" not in ana.get("/circle/reminders/ways").text
    settings = {"webhook_url": "http://127.0.0.1:9/hook", "webhook_secret": "s" * 32}
    app.config["COMPANION"] = replace(app.config["COMPANION"], **settings)
    assert f"by this word: {people.ana.public_id}" in ana.get("/circle/reminders/ways").text
