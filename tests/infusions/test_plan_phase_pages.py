"""Pages of a whole plan: shift, pause, resume, days, loading, doses, two plans; saved, refused, closed to others."""

from datetime import timedelta
from decimal import Decimal

import pytest

from companion import clock
from companion.database import transaction
from companion.extensions import db
from companion.infusions import operations
from companion.infusions.operations import Loading
from companion.infusions.queries import regimens_of
from tests.infusions.plans import TODAY, book, courses, dates_of, day_of, first_dates, start

SOON = TODAY + timedelta(days=6)
PLAN = {"first_on": SOON.isoformat(), "rhythm": "4-week", "days": "1", "client_id": "one"}


def soon(days=0):
    return (SOON + timedelta(days=days)).isoformat()


def begin(people, **values):
    return start(people.circle, SOON.isoformat(), now=clock.now(), **values)


def undo(client, page):
    return client.post("/plan-changes/" + page.split('action="/plan-changes/')[1].split('"')[0])


def test_all_later_dates_shift_with_undo(people, client_of):
    client, regimen = client_of(people.ben), begin(people)
    with transaction():
        operations.move_day(courses(regimen)[1].days[0], to_on=SOON + timedelta(days=30), now=clock.now())
    book(regimen, 0)
    later = first_dates(regimen, 3)
    url = f"/regimens/{regimen.public_id}/shift"
    assert "推后" in client.get(f"{url}?lang=zh").text, "not the later of a reminder"
    assert "These expected dates move" in client.get(f"{url}?lang=en").text
    for values, words in [
        ({"days": "7", "way": "up"}, "Choose later or earlier."),
        ({"way": "later"}, "Choose by how many days."),
        ({"days": "other", "other_days": "x", "way": "later"}, "Type a number of days from 1 to 365."),
        ({"days": "other", "other_days": "40", "way": "earlier"}, "Choose fewer days."),
    ]:
        answer = client.post(url, data=values)
        assert answer.status_code == 422
        assert words in answer.text
    for _twice in range(2):
        assert client.post(url, data={"way": "later", "days": "7", "client_id": "s"}).status_code == 303
    assert first_dates(regimen, 3) == [*later[:2], (courses(regimen)[2].first_on).isoformat()]
    assert courses(regimen)[2].first_on.isoformat() > later[2]
    page = client.get("/regimens").text
    assert "stays booked." in page
    assert "keeps its own date." in page
    own = client.get(f"/infusions/{courses(regimen)[1].public_id}").text
    assert "Own date" in own
    assert "own date" in client.get("/infusions").text
    assert "单次改期" in client.get("/infusions?lang=zh").text
    undo(client, page)
    assert first_dates(regimen, 3) == later


def test_from_an_infusion_it_and_the_later_ones_shift(people, client_of):
    client, regimen = client_of(people.ana), begin(people)
    third = courses(regimen)[2]
    url = f"/infusions/{third.public_id}/shift"
    assert "Shift this and all later dates" in client.get(f"/infusions/{third.public_id}").text
    assert client.post(url, data={"way": "earlier", "days": "other", "other_days": "3"}).status_code == 303
    assert first_dates(regimen, 4) == [soon(), soon(28), soon(53), soon(81)]
    with transaction():
        operations.book_infusion(courses(regimen)[1], now=clock.now())
    second = courses(regimen)[1]
    client.get("/regimens")
    assert client.post(f"/infusions/{second.public_id}/shift", data={"way": "later", "days": "7"}).status_code == 303
    back = undo(client, client.get(f"/infusions/{second.public_id}").text)
    assert back.location.endswith(f"/infusions/{second.public_id}")
    assert client.post(f"/regimens/{regimen.public_id}/shift", data={"way": "later", "days": "7"}).status_code == 303
    assert undo(client, client.get("/regimens").text).location.endswith("/regimens")
    with transaction():
        operations.end_regimen(regimen, now=clock.now())
    assert client.get(f"/regimens/{regimen.public_id}/shift").status_code == 303


def test_a_pause_is_shown_everywhere_and_resumed(people, client_of):
    client, regimen = client_of(people.ben), begin(people)
    url = f"/regimens/{regimen.public_id}"
    assert client.get(f"{url}/resumption").status_code == 303
    assert "Pause the plan" in client.get(f"{url}/pause").text
    for values, words in [
        ({"ends": "open"}, "Choose the first day of the pause."),
        ({"from_on": soon(), "ends": "date"}, "Choose the last day of the pause"),
        ({"from_on": soon(), "ends": "date", "until_on": soon(-2)}, "The last day is before the first one"),
        ({"from_on": "2027-02-30", "ends": "open"}, "This day does not exist."),
        ({"from_on": soon(), "ends": "open", "reason": "moon"}, "Choose one of the answers."),
    ]:
        answer = client.post(f"{url}/pause", data=values)
        assert (answer.status_code, words in answer.text) == (422, True)
    pause = {"from_on": TODAY.isoformat(), "ends": "open", "reason": "hospital", "client_id": "p"}
    for _twice in range(2):
        assert client.post(f"{url}/pause", data=pause).status_code == 303
    assert courses(regimen) == []
    for path in ("/regimens", "/", "/calendar", f"/calendar?month={TODAY:%Y-%m}"):
        page = client.get(path).text
        assert "In hospital" in page, path
        assert "until you resume it" in page
    assert "住院" in client.get("/calendar?lang=zh").text
    again = client.post(f"{url}/pause?lang=en", data={**pause, "client_id": "q"})
    assert (again.status_code, "until you resume it already. Choose other days." in again.text) == (422, True)
    assert "Paused from" in client.get(f"{url}/resumption").text
    for values, words in [({}, "Choose the date"), ({"next_on": soon(-20)}, "This date is over.")]:
        answer = client.post(f"{url}/resumption", data=values)
        assert (answer.status_code, words in answer.text) == (422, True)
    going_on = {"next_on": soon(4), "certainty": "booked", "client_id": "r"}
    for _twice in range(2):
        assert client.post(f"{url}/resumption", data=going_on).status_code == 303
    assert first_dates(regimen, 2) == [soon(4), soon(32)]
    assert courses(regimen)[0].certainty == "booked"
    page = client.get("/regimens").text
    assert "The plan goes on." in page
    undo(client, page)
    assert courses(regimen) == []


def test_a_plan_does_not_go_on_before_its_booked_loading_course(people, client_of):
    client, loading = client_of(people.ben), Loading((0, 1), 14)
    regimen = start(people.circle, soon(10), loading=loading, certainty="booked", now=clock.now())
    url = f"/regimens/{regimen.public_id}"
    client.post(f"{url}/pause", data={"from_on": soon(2), "ends": "open", "client_id": "p"})
    answer = client.post(f"{url}/resumption", data={"next_on": soon(5), "client_id": "r"})
    assert (answer.status_code, "comes first. Choose a later day." in answer.text) == (422, True)
    assert first_dates(regimen) == [soon(10)]


def test_days_that_are_not_in_a_row(people, client_of):
    client = client_of(people.ana)
    weekly = {**PLAN, "rhythm": "1-week", "days": "2", "spacing": "other", "route": "SC"}
    for day, words in [("", "larger than for the day before it."), ("9", "These days do not fit.")]:
        answer = client.post("/regimens", data={**weekly, "day_2": day})
        assert (answer.status_code, words in answer.text) == (422, True)
    assert client.post("/regimens", data={**weekly, "day_2": "3"}).status_code == 303
    regimen = regimens_of(people.circle)[0]
    assert dates_of(courses(regimen)[0]) == [soon(), soon(3)]
    assert "Days 1 and 4 of each course" in client.get("/regimens").text
    edit = client.get(f"/regimens/{regimen.public_id}/edit").text
    assert 'name="day_2" maxlength="3"' in edit
    assert 'value="3"' in edit.split('name="day_2"')[1].split(">")[0]
    changed = {**weekly, "tz": "Europe/London", "spacing": "row", "client_id": "two"}
    assert client.post(f"/regimens/{regimen.public_id}", data=changed).status_code == 303
    assert dates_of(courses(regimen)[0]) == [soon(), soon(1)]


def test_a_plan_begins_with_a_loading_course(people, client_of):
    client = client_of(people.ana)
    plan = {**PLAN, "begins": "loading", "loading_days": "5", "loading_spacing": "row", "loading_after": "2"}
    plan |= {"loading_after_unit": "week", "loading_dose": "2", "loading_dose_unit": "g_per_kg"}
    plan |= {"dose": "30", "dose_unit": "g"}
    for values, words in [
        ({"loading_after": ""}, "Type when maintenance begins"),
        ({"loading_after": "4", "loading_after_unit": "day"}, "The loading course is not over by then."),
        ({"loading_days": "7"}, "Choose 1 to 5 days."),
        ({"loading_spacing": "other", "loading_day_2": "2"}, "larger than for the day before it."),
        ({"loading_dose_unit": ""}, "Choose what the number means."),
        ({"loading_dose": "20"}, "This number is very high."),
    ]:
        answer = client.post("/regimens", data={**plan, **values})
        assert (answer.status_code, words in answer.text) == (422, True)
    assert client.post("/regimens", data=plan).status_code == 303
    regimen = regimens_of(people.circle)[0]
    assert first_dates(regimen, 3) == [soon(), soon(14), soon(42)]
    for path in (f"/infusions/{courses(regimen)[0].public_id}", "/infusions", "/", "/calendar", "/regimens"):
        assert "Loading course" in client.get(path).text, path
    assert "2 g/kg over 5 days" in client.get(f"/infusions/{courses(regimen)[0].public_id}").text
    assert "初始疗程" in client.get("/infusions?lang=zh").text


def test_a_loading_course_is_changed_after_saving(people, client_of):
    loading = operations.Loading((0, 1, 2, 3, 4), 14, operations.Dose(dose_g_per_kg=Decimal(2)))
    client, regimen = client_of(people.ana), begin(people, loading=loading)
    url = f"/regimens/{regimen.public_id}"
    shown = client.get(f"{url}/edit").text
    assert "How many days is the loading course?" in shown
    assert 'name="begins"' not in shown
    change = {**PLAN, "tz": "Europe/London", "loading_days": "3", "loading_spacing": "other", "loading_day_2": "2"}
    change |= {"loading_day_3": "7", "loading_after": "1", "loading_after_unit": "week"}
    change |= {"loading_dose": "90", "loading_dose_unit": "g"}
    refused = client.post(url, data=change)
    assert (refused.status_code, "The loading course is not over by then." in refused.text) == (422, True)
    assert 'value="90"' in refused.text
    assert client.post(url, data={**change, "loading_after": "3"}).status_code == 303
    assert dates_of(courses(regimen)[0]) == [soon(), soon(2), soon(7)]
    assert first_dates(regimen, 2) == [soon(), soon(21)]
    page = client.get("/regimens").text
    assert "90 g over 3 days" in page
    undo(client, page)
    assert (len(courses(regimen)[0].days), first_dates(regimen, 2)[1]) == (5, soon(14))
    with transaction():
        operations.skip_day(courses(regimen)[0].days[0], reason=None, now=clock.now())
    shown = client.get(f"{url}/edit").text
    assert ("How many days is the loading course?" in shown, "Dose of the loading course" in shown) == (False, True)


@pytest.mark.parametrize(
    ("counts", "history"),
    [
        ({"dose_counts": "next"}, [Decimal(70), Decimal(60)]),
        ({"dose_counts": "date", "dose_from_on": soon(40)}, [Decimal(70), Decimal(60)]),
        ({"dose_counts": "correct"}, [Decimal(60)]),
    ],
)
def test_a_new_dose_asks_from_when(people, client_of, counts, history):
    client, regimen = client_of(people.ana), begin(people, total_grams=Decimal(70))
    url = f"/regimens/{regimen.public_id}"
    change = {**PLAN, "tz": "Europe/London", "dose": "60", "dose_unit": "g"}
    missing = client.post(url, data={**change, "dose_counts": "date"})
    assert (missing.status_code, "Choose from when the dose counts." in missing.text) == (422, True)
    assert client.post(url, data={**change, **counts}).status_code == 303
    db.session.expire_all()
    assert [dose.total_grams for dose in regimen.doses] == history
    page = client.get("/regimens").text
    assert ("Doses so far" in page) == (len(history) > 1)
    if len(history) > 1:
        assert "From the start" in page


def test_a_second_plan_may_end_the_first(people, client_of):
    client, old = client_of(people.ben), begin(people)
    book(old, 1)
    assert "What about the plan so far?" in client.get("/regimens/new").text
    new = {**PLAN, "first_on": soon(10), "rhythm": "1-week", "route": "SC"}
    late = client.post("/regimens", data={**new, "old_ends": "date"})
    assert (late.status_code, "Choose when the old plan ends." in late.text) == (422, True)
    assert client.post("/regimens", data={**new, "old_ends": "then"}).status_code == 303
    page = client.get("/regimens").text
    assert "The new plan is saved. The old one ends on" in page
    assert "stays booked." in page
    assert first_dates(old) == [soon(), soon(28)]
    for path in ("/infusions", "/calendar"):
        shown = client.get(path).text
        assert "Infusion under the skin" in shown
        assert "Booked" in shown
    assert client.get("/").status_code == 200
    undo(client, page)
    assert "Undone. The plan goes on as before." in client.get("/regimens").text, "the new one stays"
    assert len(first_dates(old, 4)) == 4
    assert len(regimens_of(people.circle)) == 2
    assert "Which plan ends?" in client.get("/regimens/new").text


def test_of_several_plans_the_one_that_was_chosen_ends_and_no_other(people, client_of):
    client, (first, second, gone) = client_of(people.ben), [begin(people) for _plan in range(3)]
    new = {**PLAN, "first_on": soon(10), "old_ends": "then"}
    with transaction():
        operations.end_regimen(gone, now=clock.now())
    for unsaid in ({}, {"old_plan": ""}, {"old_plan": gone.public_id}):
        answer = client.post("/regimens", data={**new, **unsaid})
        assert (answer.status_code, "Choose which plan ends." in answer.text) == (422, True)
    assert client.post("/regimens", data={**new, "old_plan": first.public_id}).status_code == 303
    db.session.expire_all()
    assert (first.ended_on is None, second.ended_on) == (False, None)


def test_two_plans_alike_are_told_apart_and_a_cycle_begins_with_the_last_given_course(people, client_of):
    client, first = client_of(people.ana), begin(people)
    assert "plan 1" not in client.get("/calendar").text
    second = start(people.circle, (TODAY - timedelta(days=9)).isoformat(), now=clock.now(), route="IV")
    third = start(people.circle, (TODAY - timedelta(days=4)).isoformat(), now=clock.now(), route="SC")
    questions = client.get("/").text
    for regimen, which in ((second, "Infusion, plan 2"), (third, "Infusion under the skin")):
        assert f'id="which-{day_of(regimen).public_id}">{which}</p>' in questions
    with transaction():
        for regimen in (second, third):
            operations.record_day_done(courses(regimen)[0].days[0], given_on=None, now=clock.now())
    for path in ("/calendar", "/infusions"):
        page = client.get(path).text
        assert "Infusion, plan 1" in page
        assert "Infusion, plan 2" in page
        assert "Infusion under the skin, plan" not in page
    assert "Infusion, plan 1" in client.get("/").text
    assert "Day 4 of 10" in client.get("/").text
    listed, name = client.get("/regimens").text, second.public_id
    assert f'id="number-{name}">Plan 2' in listed
    assert f'aria-labelledby="number-{name} plan-{name}"' in listed, "no two parts of the page have the same name"
    assert "输液（计划 1）" in client.get("/calendar?lang=zh").text
    assert "Infusion, plan 2," in client.get(f"/infusions/{courses(second)[0].public_id}?lang=en").text
    assert "Plan 2 · Every 4 weeks" in client.get("/regimens/new").text
    with transaction():
        operations.pause_regimen(second, from_on=TODAY, until_on=None, now=clock.now())
    for path in ("/calendar", "/"):
        assert "Infusion, plan 2: Paused from" in client.get(path).text
    with transaction():
        operations.skip_day(courses(third)[0].days[0], reason=None, again=True, now=clock.now())
    assert "Day 9 of 15" in client.get("/").text
    assert first.number_beside_others == 1


def test_who_may(people, client_of):
    regimen = begin(people)
    vera, sam = client_of(people.vera), client_of(people.sam)
    for path in (
        f"/regimens/{regimen.public_id}/shift",
        f"/regimens/{regimen.public_id}/pause",
        f"/regimens/{regimen.public_id}/resumption",
        f"/infusions/{courses(regimen)[0].public_id}/shift",
    ):
        assert vera.get(path).status_code == vera.post(path).status_code == 403
        assert sam.get(path).status_code == sam.post(path).status_code == 404
    with transaction():
        operations.pause_regimen(regimen, from_on=TODAY, now=clock.now())
    assert "Resume the plan" not in vera.get("/").text
    assert "The plan is paused" in vera.get("/").text
