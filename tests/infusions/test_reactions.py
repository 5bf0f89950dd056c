"""Reactions: tiles and own words, late ones too, changed and taken back, read by few."""

from datetime import timedelta
from typing import Any

import pytest

from companion import clock
from companion.database import transaction
from companion.extensions import alembic, db
from companion.infusions import operations
from companion.infusions.models import Infusion, Reaction
from tests.infusions.plans import TODAY, courses, start

RED_FLAGS = "Hard to breathe, chest pain, a swollen throat, a drooping face?"


def given(people: Any, days_ago: int, **values: Any) -> Infusion:
    """A course that was given some days ago."""
    first_on = TODAY - timedelta(days=days_ago)
    course = courses(start(people.circle, first_on.isoformat(), now=clock.now(), **values))[0]
    with transaction():
        operations.record_day_done(course.days[0], given_on=first_on, now=clock.now())
    return course


def page_of(course: Infusion) -> str:
    return f"/infusions/{course.public_id}"


def typed(**values: Any) -> dict[str, Any]:
    return {"severity": "mild", "started_on": TODAY.isoformat(), "client_id": "a", **values}


def live() -> list[Reaction]:
    db.session.expire_all()
    return db.session.query(Reaction).filter(Reaction.deleted_at.is_(None)).all()


def test_tiles_time_and_what_was_done(people, client_of):
    course, ana = given(people, 1, route="SC"), client_of(people.ana)
    page = ana.get(page_of(course) + "/reactions/new").text
    assert page.index(RED_FLAGS) < page.index('id="kinds"')
    assert "Redness where the needle was" in page
    data = typed(
        kinds=["headache", "site"],
        when="during",
        started_time="14:30",
        actions=["slower", "nothing"],
        done_about_it="Water",
        told=["nurse", "nobody"],
    )
    for _time in range(2):
        assert ana.post(page_of(course) + "/reactions", data=data).status_code == 303
    [reaction] = live()
    assert (reaction.during, reaction.started_time, reaction.what) == (True, "14:30", None)
    assert (reaction.actions, reaction.told) == ({"slower"}, {"nurse"})
    assert "Water" not in (reaction.done_about_it_sealed or "")
    page = ana.get(page_of(course)).text
    for words in ("Headache, Redness where", "during the infusion", "14:30", "It ran slower: Water", "The nurse"):
        assert words in page
    assert "more than 7 days" not in page
    for other in (people.ben, people.vera):
        shown = client_of(other).get(page_of(course)).text
        assert "Headache" not in shown
        assert "Water" not in shown


def test_a_late_one_is_kept_and_says_so(people, client_of):
    course, ana = given(people, 9, route="IV"), client_of(people.ana)
    page = ana.get(page_of(course) + "/reactions/new").text
    assert "Redness where the needle was" not in page
    on_day_7 = (TODAY - timedelta(days=2)).isoformat()
    ana.post(page_of(course) + "/reactions", data=typed(kinds="rash", started_on=on_day_7))
    assert "more than 7 days" not in ana.get(page_of(course)).text
    on_day_8 = (TODAY - timedelta(days=1)).isoformat()
    ana.post(page_of(course) + "/reactions", data=typed(what="Hives", started_on=on_day_8, client_id="b"))
    page = ana.get(page_of(course)).text
    assert "The reaction is saved. This is more than 7 days after the infusion." in page
    assert page.count("This is more than 7 days") == 2
    assert len(live()) == 2


def test_a_change_can_be_taken_back(people, client_of):
    course, ana = given(people, 1), client_of(people.ana)
    ana.post(page_of(course) + "/reactions", data=typed(what="Hadache"))
    [first] = live()
    form = ana.get(f"/reactions/{first.public_id}/edit").text
    assert RED_FLAGS in form
    assert "Hadache" in form
    wrong = ana.post(f"/reactions/{first.public_id}", data=typed(what="Headache", severity="", client_id="x"))
    assert wrong.status_code == 422
    assert "Headache" in wrong.text
    data = typed(what="Headache", severity="severe", client_id="b")
    for _time in range(2):
        assert ana.post(f"/reactions/{first.public_id}", data=data).status_code == 303
    [second] = live()
    assert (second.what, second.severity, second.created_at) == ("Headache", "severe", first.created_at)
    assert f"/reactions/{second.public_id}/reversal" in ana.get(page_of(course)).text
    stale = ana.post(f"/reactions/{first.public_id}", data=typed(what="Older", client_id="c"))
    assert stale.status_code == 303
    assert ana.get(f"/reactions/{first.public_id}/edit").status_code == 303
    for _time in range(2):
        assert ana.post(f"/reactions/{second.public_id}/reversal").status_code == 303
    assert [one.what for one in live()] == ["Hadache"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "Choose what it was, or say it in a few words."),
        ({"kinds": "plague"}, "Choose one of the answers."),
        ({"kinds": "rash", "when": "never"}, "Choose one of the answers."),
        (
            {"kinds": "rash", "started_on": (TODAY - timedelta(days=3)).isoformat()},
            "This day is before the infusion.",
        ),
        ({"kinds": "rash", "started_on": (TODAY + timedelta(days=1)).isoformat()}, "This day is still to come."),
        ({"kinds": "rash", "started_time": "25:00"}, "Type a time such as 9:00"),
    ],
)
def test_a_bad_one_is_refused_with_words(people, client_of, values, words):
    course = given(people, 1)
    answer = client_of(people.ana).post(page_of(course) + "/reactions", data=typed(**values))
    assert answer.status_code == 422
    assert words in answer.text
    assert live() == []


@pytest.mark.parametrize(
    ("days_ago", "at_home", "is_given", "words"),
    [
        (0, False, False, "Tell the nurse now."),
        (0, True, False, "Stop the pump and call for help."),
        (0, False, True, "Call 120 now."),
        (2, False, True, "Call 120 now."),
        (2, True, False, "Call 120 now."),
        (-2, False, False, "Call 120 now."),
    ],
)
def test_what_to_do_first_depends_on_the_place_only_while_it_may_be_running(
    people, client_of, days_ago, at_home, is_given, words
):
    first_on = TODAY - timedelta(days=days_ago)
    course = courses(start(people.circle, first_on.isoformat(), at_home=at_home, now=clock.now()))[0]
    with transaction():
        people.circle.country, people.circle.location_country = "GB", "CN"
        if is_given:
            operations.record_day_done(course.days[0], given_on=first_on, now=clock.now())
    ana = client_of(people.ana)
    for page in (page_of(course), page_of(course) + "/reactions/new"):
        shown = ana.get(page).text
        assert words in shown.split(RED_FLAGS)[1].split("</div>")[0]
        assert ("place=" in shown.split(RED_FLAGS)[1].split("Emergency signs")[0]) is (
            "120" not in words and page == page_of(course)
        )


def test_an_older_version_keeps_a_reaction_of_tiles_alone(people):
    course = given(people, 1)
    with transaction():
        values: dict[str, Any] = {"severity": "mild", "started_on": TODAY, "now": clock.now()}
        operations.add_reaction(course, kinds={"rash", "blood_pressure"}, **values)
        operations.add_reaction(course, what="Hives", **values)
    db.session.close()
    alembic.downgrade("0006")
    db.session.close()
    alembic.upgrade()
    assert {reaction.what for reaction in live()} == {"blood pressure, rash", "Hives"}
