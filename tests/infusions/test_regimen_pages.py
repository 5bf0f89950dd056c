"""Plans: shown, saved, refused with words, closed to others, harmless when sent twice."""

from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from companion.extensions import db
from companion.infusions.models import PlanChange, Regimen
from companion.infusions.queries import regimens_of
from tests.infusions.plans import TODAY, courses

SOON = (TODAY + timedelta(days=6)).isoformat()
PLAN = {"first_on": SOON, "rhythm": "4-week", "days": "1", "client_id": "one"}
CHANGED = {**PLAN, "tz": "Europe/London", "client_id": ""}


def test_two_answers_are_enough(people, client_of):
    client = client_of(people.ana)
    answer = client.post("/regimens", data=PLAN)
    assert answer.status_code == 303
    assert "Every 4 weeks" in client.get("/regimens").text
    regimen = regimens_of(people.circle)[0]
    assert courses(regimen)[0].first_on.isoformat() == SOON
    assert (regimen.doses, regimen.tz) == ([], "Europe/London")


def test_a_first_date_that_is_over_is_said_with_the_date_the_plan_begins_with(people, client_of):
    client = client_of(people.ana)
    past = (TODAY - timedelta(days=17)).isoformat()
    answer = client.post("/regimens", data={**PLAN, "first_on": past, "rhythm": "1-week"})
    assert "is over. The plan begins with" in client.get(answer.location).text
    assert courses(regimens_of(people.circle)[0])[0].first_on == TODAY - timedelta(days=3)
    answer = client.post("/regimens", data={**PLAN, "client_id": "two"})
    assert "is over." not in client.get(answer.location).text


def test_a_dose_is_kept_as_typed(people, client_of):
    client = client_of(people.ana)
    client.post("/regimens", data={**PLAN, "days": "5", "dose": "2", "dose_unit": "g_per_kg", "local_time": "09:00"})
    assert "2 g/kg over 5 days, every 4 weeks" in client.get("/regimens").text
    assert "共 2 克/公斤，分 5 天" in client.get("/regimens?lang=zh").text
    regimen = regimens_of(people.circle)[0]
    dose = regimen.doses[0]
    assert (dose.dose_g_per_kg, dose.total_grams, regimen.local_time) == (Decimal(2), None, "09:00")


def test_no_dose_is_suggested(people, client_of):
    page = client_of(people.ana).get("/regimens/new").text
    assert 'id="dose" name="dose"' in page
    assert page.split('name="dose"')[1].split(">")[0].endswith('value=""')


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"first_on": ""}, "Choose the date of the next infusion."),
        ({"first_on": "2027-02-30"}, "This day does not exist."),
        ({"first_on": (TODAY - timedelta(days=800)).isoformat()}, "This date is long ago."),
        ({"first_on": (TODAY + timedelta(days=800)).isoformat()}, "This date is far ahead."),
        ({"rhythm": ""}, "Choose how often."),
        ({"rhythm": "0-week"}, "Choose how often."),
        ({"rhythm": "other", "every_count": "0", "every_unit": "week"}, "Choose 1 to 365 days"),
        ({"rhythm": "other", "every_count": "999", "every_unit": "day"}, "Choose 1 to 365 days"),
        ({"rhythm": "other", "every_count": "five", "every_unit": "day"}, "Choose 1 to 365 days"),
        ({"rhythm": "other", "every_count": "3", "every_unit": ""}, "Choose 1 to 365 days"),
        ({"rhythm": "other", "every_count": "3", "every_unit": "day", "days": "4"}, "These days do not fit."),
        ({"days": "6"}, "Choose 1 to 5 days."),
        ({"dose": "twelve", "dose_unit": "g"}, "Type a number in digits"),
        ({"dose": "-1", "dose_unit": "g"}, "Type a dose above 0"),
        ({"dose": "9999", "dose_unit": "g"}, "This number is very high."),
        ({"dose": "20", "dose_unit": "g_per_kg"}, "This number is very high."),
        ({"dose": "20"}, "Choose what the number means."),
        ({"tz": "Moon/Base"}, "This time zone is not known."),
        ({"local_time": "25:00"}, "Type a time such as"),
        ({"place": "x" * 300}, "This text is too long."),
    ],
)
def test_what_cannot_be_is_refused_and_what_was_typed_stays(people, client_of, values, words):
    client = client_of(people.ana)
    answer = client.post("/regimens", data={**PLAN, "product": "Privigen", **values})
    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="Privigen"' in answer.text
    assert regimens_of(people.circle) == []


def test_a_comma_is_a_decimal_point(people, client_of):
    client_of(people.ana).post("/regimens", data={**PLAN, "dose": "12,5", "dose_unit": "g"})
    assert regimens_of(people.circle)[0].doses[0].total_grams == Decimal("12.5")


def test_sent_twice_makes_one(people, client_of):
    client = client_of(people.ana)
    first, again = client.post("/regimens", data=PLAN), client.post("/regimens", data=PLAN)
    assert first.location == again.location
    assert len(regimens_of(people.circle)) == 1


def test_a_plan_is_changed_from_its_next_date(people, client_of):
    client = client_of(people.ben)
    client.post("/regimens", data=PLAN)
    regimen = regimens_of(people.circle)[0]
    page = client.get(f"/regimens/{regimen.public_id}/edit").text
    assert f'value="{SOON}"' in page
    answer = client.post(f"/regimens/{regimen.public_id}", data={**CHANGED, "rhythm": "3-week"})
    assert answer.status_code == 303
    second = courses(db.session.get_one(Regimen, regimen.id))[1]
    assert second.first_on == TODAY + timedelta(days=6 + 21)
    listed = client.get("/regimens").text
    assert "Every 3 weeks" in listed
    assert "The plan was changed." in listed


def test_a_plan_saved_as_it_is_says_so_and_sending_it_twice_changes_it_once(people, client_of):
    client = client_of(people.ben)
    client.post("/regimens", data=PLAN)
    regimen = regimens_of(people.circle)[0]
    url, count = f"/regimens/{regimen.public_id}", sa.select(sa.func.count(PlanChange.id))
    seen = client.get(f"{url}/edit").text.split('name="seen" value="')[1].split('"')[0]
    as_it_is = {**CHANGED, "seen": seen}
    client.get("/regimens")  # takes the message of the new plan
    assert client.post(url, data=as_it_is).status_code == 303
    listed = client.get("/regimens").text
    assert ("Nothing was changed. The plan is as before." in listed, "/undo" in listed) == (True, False)
    assert db.session.scalar(count) == 0
    for _twice in range(2):
        assert client.post(url, data={**as_it_is, "rhythm": "3-week"}).status_code == 303
    assert db.session.scalar(count) == 1
    assert client.post(url, data={**as_it_is, "rhythm": "2-week"}).status_code == 422, "it is not what was shown"
    assert db.session.scalar(count) == 1


def test_the_next_date_of_a_change_is_not_over(people, client_of):
    client = client_of(people.ana)
    client.post("/regimens", data=PLAN)
    regimen = regimens_of(people.circle)[0]
    past = (TODAY - timedelta(days=2)).isoformat()
    answer = client.post(f"/regimens/{regimen.public_id}", data={**CHANGED, "first_on": past})
    assert answer.status_code == 422
    assert "This date is over." in answer.text


def test_a_plan_ends_with_undo(people, client_of):
    client = client_of(people.ana)
    client.post("/regimens", data=PLAN)
    regimen = regimens_of(people.circle)[0]
    client.post(f"/regimens/{regimen.public_id}/ending")
    page = client.get("/regimens").text
    assert "The plan has ended." in page
    undo = page.split('action="/plan-changes/')[1].split('"')[0]
    client.post(f"/plan-changes/{undo}")
    assert db.session.get_one(Regimen, regimen.id).ended_on is None
    assert client.post(f"/regimens/{regimen.public_id}/ending").status_code == 303
    assert client.post(f"/regimens/{regimen.public_id}/ending").status_code == 303
    assert client.get(f"/regimens/{regimen.public_id}/edit").status_code == 303


def test_who_may(people, client_of):
    client_of(people.ana).post("/regimens", data=PLAN)
    regimen = regimens_of(people.circle)[0]
    paths = [f"/regimens/{regimen.public_id}", f"/regimens/{regimen.public_id}/ending"]
    vera, sam = client_of(people.vera), client_of(people.sam)
    assert vera.get("/regimens").status_code == 200
    assert "Change the plan" not in vera.get("/regimens").text
    assert vera.get("/regimens/new").status_code == vera.post("/regimens", data=PLAN).status_code == 403
    for path in paths:
        assert vera.post(path, data=PLAN).status_code == 403
        assert sam.post(path, data=PLAN).status_code == 404
    assert sam.get(f"/regimens/{regimen.public_id}/edit").status_code == 404
    assert "Every 4 weeks" not in sam.get("/regimens").text


def test_a_form_that_was_opened_before_another_change_overwrites_nothing_unseen(people, client_of):
    ana, ben = client_of(people.ana), client_of(people.ben)
    ana.post("/regimens", data=PLAN)
    url = f"/regimens/{regimens_of(people.circle)[0].public_id}"

    def seen(client):
        return client.get(f"{url}/edit").text.split('name="seen" value="')[1].split('"')[0]

    first = {**CHANGED, "seen": seen(ana), "place": "Day unit"}
    second = {**CHANGED, "seen": seen(ben), "product": "Panzyga"}
    assert ana.post(url, data=first).status_code == 303
    stale = ben.post(url, data=second)
    assert stale.status_code == 422
    assert "Someone changed this plan meanwhile." in stale.text
    assert 'value="Panzyga"' in stale.text
    db.session.expire_all()
    assert (regimens_of(people.circle)[0].place, regimens_of(people.circle)[0].product) == ("Day unit", None)
    second["seen"] = stale.text.split('name="seen" value="')[1].split('"')[0]
    assert ben.post(url, data=second).status_code == 303
