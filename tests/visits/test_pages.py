"""Pages of visits: shown, saved, refused with words, moved alone or with later ones, taken back, closed to others."""

import re
from datetime import timedelta
from typing import Any

from companion import clock
from companion.circles.models import Contact
from companion.database import transaction
from companion.domain.recurrence import Interval, Unit
from companion.extensions import db
from companion.visits import operations
from companion.visits.models import Visit, VisitChange
from tests import factories
from tests.calendar.feeds import make_feed, told_by

TODAY = clock.now().date()
SOON = (TODAY + timedelta(days=9)).isoformat()


def plan(people: Any, days: int = 9, **values: Any) -> Visit:
    defaults = {"kind": "physiotherapy", "planned_on": TODAY + timedelta(days=days), "now": clock.now()}
    with transaction():
        return operations.add_visit(people.circle, **(defaults | values))


def path(visit: Visit, noun: str = "") -> str:
    return f"/visits/{visit.public_id}" + (f"/{noun}" if noun else "")


def undo(client: Any, url: str) -> Any:
    """Press Undo on a page."""
    page = client.get(url).text
    form = page.split('class="undo__form"')[1].split("</form>")[0]
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    return client.post(re.search(r'action="([^"]+)"', "<form " + form)[1], data=fields)


def fresh(visit: Visit) -> Visit:
    db.session.expire_all()
    return db.session.get_one(Visit, visit.id)


def test_two_answers_plan_a_visit_once(people, client_of):
    ben = client_of(people.ben)
    assert "Neurologist" in ben.get("/visits/new").text
    form = {"kind": "neurologist", "planned_on": SOON, "client_id": "a"}
    first, again = (ben.post("/visits", data=form) for _time in range(2))
    assert (first.status_code, first.location) == (303, again.location)
    (visit,) = db.session.query(Visit).all()
    assert (visit.local_time, visit.tz, visit.series_id) == (None, "Europe/London", None)
    assert "Saved: Neurologist on" in ben.get(first.location).text
    assert "Neurologist" in ben.get("/visits").text
    other = {"kind": "other", "title": "Splint 做夹板", "planned_on": SOON, "client_id": "b", "repeat": "6-month"}
    location = ben.post("/visits", data=other).location
    back = undo(ben, location)
    assert (back.status_code, back.location) == (303, "/visits")
    listed = ben.get("/visits").text
    assert ("Undone. It is not planned." in listed, "Splint" in listed, "Cancelled" in listed) == (True, False, False)
    assert {v.state for v in db.session.query(Visit).filter(Visit.kind == "other")} == {"cancelled"}


def test_a_new_visit_taken_back_leaves_no_trace_but_in_calendars_that_have_it(people, client_of):
    ben, feed = client_of(people.ben), make_feed(people.ana, people.circle, now=clock.now())
    form = {"kind": "neurologist", "planned_on": SOON}
    locations = [ben.post("/visits", data={**form, "client_id": key}).location for key in ("a", "b")]
    known = {told.uid for told in told_by(client_of(None), feed)}
    locations.append(ben.post("/visits", data={**form, "client_id": "c"}).location)
    for location in [*locations, locations[0]]:
        assert ben.post(f"{location}/addition/undo").location == "/visits"
    assert "Neurologist" not in client_of(people.ana).get("/visits").text
    told = told_by(client_of(None), feed)
    assert ({one.uid for one in told}, {one.status for one in told}) == (known, {"CANCELLED"})


def test_a_new_visit_that_was_changed_since_is_not_taken_back(people, client_of):
    ben, visit = client_of(people.ben), plan(people, repeat=Interval(1, Unit.MONTH))
    ben.post(path(visit, "move"), data={"planned_on": SOON, "local_time": "09:00", "scope": "this", "client_id": "a"})
    location = ben.post(path(visit, "addition/undo")).location
    assert "This cannot be undone: the dates were changed again since." in ben.get(location).text
    assert not fresh(visit).is_cancelled
    assert client_of(people.vera).post(path(visit, "addition/undo")).status_code == 403
    assert client_of(people.sam).post(path(visit, "addition/undo")).status_code == 404


REFUSED: list[tuple[dict[str, str], str]] = [
    ({"kind": ""}, "Choose what it is."),
    ({"kind": "other"}, "Say in a few words"),
    ({"planned_on": ""}, "Choose the day of the visit."),
    ({"planned_on": "2026-02-30"}, "does not exist"),
    ({"planned_on": "2199-01-01"}, "Please check the year."),
    ({"local_time": "9 o'clock"}, "Type a time"),
    ({"phone": "call me"}, "Type digits only."),
    ({"length": "long"}, "Type the minutes"),
    ({"repeat": "other", "every_count": "60", "every_unit": "week"}, "Choose 1 to 52 weeks"),
    ({"repeat": "9-day"}, "Choose how often."),
    ({"place": "x" * 900, "tz": "Europe/Nowhere"}, "2 things to fix"),
]


def test_what_does_not_fit_is_refused_and_kept(people, client_of):
    ana = client_of(people.ana)
    for values, words in REFUSED:
        form = {"kind": "neurologist", "planned_on": SOON, "bring": "letter 信", "client_id": "a", **values}
        answer = ana.post("/visits", data=form)
        assert (answer.status_code, words in answer.text, "letter 信" in answer.text) == (422, True, True), words
    assert db.session.query(Visit).count() == 0


def test_questions_and_notes_are_for_those_who_may_read_them(people, client_of):
    ana, ben = client_of(people.ana), client_of(people.ben)
    with transaction():
        db.session.add(Contact(circle_id=people.circle.id, kind="neurologist", name="Dr Ho", phone="01632 960003"))
    visit = plan(people, kind="neurologist", questions="Why <b> cold?", note="old note", bring="letter")
    page = ana.get(path(visit)).text
    assert "Why &lt;b&gt; cold?" in page
    assert "old note" in page
    assert "tel:01632960003" in page
    for page in (
        ben.get(path(visit)).text,
        ben.get(path(visit, "edit")).text,
        client_of(people.vera).get(path(visit)).text,
    ):
        assert "cold" not in page
        assert "old note" not in page
        assert "letter" in page
    form = {"kind": "neurologist", "planned_on": SOON, "place": "Room 4", "note": "gone", "questions": ""}
    assert ben.post(path(visit), data=form).status_code == 303
    assert (fresh(visit).place, visit.note, visit.questions) == ("Room 4", "old note", "Why <b> cold?")
    with transaction():
        factories.membership(people.circle, people.sam, "full_help", see_notes=True)
    assert "old note" in client_of(people.sam).get(path(visit) + "?circle=" + people.circle.public_id).text


def test_a_form_opened_before_another_change_overwrites_nothing(people, client_of):
    ben, visit = client_of(people.ben), plan(people)
    seen = re.search(r'name="seen" value="([^"]+)"', ben.get(path(visit, "edit")).text)[1]
    form = {"kind": "physiotherapy", "planned_on": SOON, "seen": seen}
    assert ben.post(path(visit), data={**form, "place": "A"}).status_code == 303
    answer = ben.post(path(visit), data={**form, "place": "B"})
    assert answer.status_code == 422
    assert "Someone changed this visit meanwhile." in answer.text
    assert fresh(visit).place == "A"


def test_one_of_a_series_moves_alone_or_with_the_later_ones(people, client_of):
    ben = client_of(people.ben)
    visit = plan(people, repeat=Interval(2, Unit.WEEK), local_time="10:00")
    moved = (TODAY + timedelta(days=11)).isoformat()
    assert "Every 2 weeks" in ben.get(path(visit)).text
    assert "This one and the later ones" in ben.get(path(visit, "move")).text
    same = ben.post(path(visit, "move"), data={"planned_on": SOON, "local_time": "10:00"})
    assert (same.status_code, "date it has now" in same.text) == (422, True)
    ben.post(path(visit, "move"), data={"planned_on": moved, "local_time": "10:00", "scope": "this"})
    assert "Moved to" in ben.get(path(visit)).text
    assert fresh(visit).is_exception
    second = db.session.query(Visit).order_by(Visit.planned_on).all()[1]
    to_on = second.planned_on + timedelta(days=1)
    location = ben.post(
        path(second, "move"), data={"planned_on": to_on.isoformat(), "local_time": "9:15", "scope": "later"}
    ).location
    third = db.session.query(Visit).order_by(Visit.planned_on).all()[2]
    assert (third.planned_on, third.local_time) == (to_on + timedelta(days=14), "09:15")
    undo(ben, location)
    assert (fresh(third).planned_on, third.local_time) == (to_on + timedelta(days=13), "10:00")
    form = {"kind": "physiotherapy", "planned_on": moved, "repeat": "1-month"}
    assert "How often it comes is the same for all." in ben.post(path(visit), data={**form, "scope": "this"}).text
    assert ben.post(path(visit), data={**form, "scope": "later"}).status_code == 303
    assert fresh(visit).series.interval_unit == "month"


def test_done_once_the_day_has_come(people, client_of):
    vera, ahead, over = client_of(people.vera), plan(people), plan(people, days=-2, kind="insurer_call")
    vera.post(path(ahead, "completion"), data={"client_id": "a"})
    assert "still to come" in vera.get(path(ahead)).text
    page = vera.get(path(over)).text
    assert "Did the call take place?" in page
    assert "missed" not in page.lower()
    assert "Did these take place?" in vera.get("/visits").text
    location = vera.post(path(over, "completion"), data={"client_id": "b"}).location
    assert fresh(over).state == "done"
    assert undo(vera, location).status_code == 303
    assert fresh(over).state == "planned"


def test_cancelled_ones_stay_and_can_be_planned_again(people, client_of):
    ben, visit = client_of(people.ben), plan(people, repeat=Interval(1, Unit.MONTH))
    assert "Cancel this one and the later ones" in ben.get(path(visit, "cancellation")).text
    location = ben.post(path(visit, "cancellation"), data={"scope": "later", "client_id": "a"}).location
    assert db.session.query(Visit).filter_by(state="planned").count() == 0
    undo(ben, location)
    assert "No visit is planned." not in ben.get("/visits").text
    ben.post(path(visit, "cancellation"), data={"scope": "this", "client_id": "b"})
    assert "Cancelled" in ben.get("/visits").text
    assert "Someone already said" in ben.get(ben.get(path(visit, "edit")).location).text
    ben.post(path(visit, "reopening"))
    ben.post(path(visit, "ending"))
    assert db.session.query(Visit).filter_by(state="planned").count() == 1


def test_who_may(people, client_of):
    visit = plan(people)
    vera, sam = client_of(people.vera), client_of(people.sam)
    for noun in ("", "edit", "move", "cancellation"):
        assert vera.get(path(visit, noun)).status_code == (403 if noun else 200)
        assert sam.get(path(visit, noun)).status_code == 404
        assert client_of(people.ana).get(path(visit, noun) + "?lang=zh").status_code == 200
    location = client_of(people.ben).post(path(visit, "cancellation")).location
    change = client_of(people.ben).get(location)
    assert change.status_code == 200
    row = db.session.query(VisitChange).one()
    assert vera.post(f"/visit-changes/{row.public_id}/undo").status_code == 403
    assert sam.post(f"/visit-changes/{row.public_id}/undo").status_code == 404
