"""Pages of duties and lists: on the infusion and on Today, claimed, asked, answered, ticked, changed, closed."""

import re
from datetime import timedelta
from typing import Any

import pytest

from companion import clock
from companion.extensions import db
from companion.infusions.models import Infusion
from companion.preparations import queries
from companion.preparations.models import Duty, PreparationChange
from tests import factories
from tests.infusions.plans import TODAY, courses, start
from tests.visits.test_pages import undo


def plan(people: Any, days: int = 5, **values: Any) -> Infusion:
    on = (TODAY + timedelta(days=days)).isoformat()
    return courses(start(people.circle, on, **{"day_offsets": [0, 1], "now": clock.now(), **values}))[0]


def path(infusion: Infusion, noun: str = "") -> str:
    return f"/infusions/{infusion.public_id}" + (f"/{noun}" if noun else "")


def key(client_id: str, **fields: str) -> dict[str, str]:
    return {"client_id": client_id, **fields}


def test_ben_drives_and_everyone_sees_it(people, client_of):
    infusion = plan(people, at_home=False)
    ana, ben, vera = client_of(people.ana), client_of(people.ben), client_of(people.vera)
    assert "Nobody drives yet" in ana.get("/").text
    assert "Nobody drives yet" in ana.get(path(infusion)).text
    location = ben.post(path(infusion, "duties/claim"), data=key("a", role="drive")).location
    page = ben.get(location).text
    assert "You drive" in page
    assert "Ben drives" in ana.get("/").text
    assert "Ben drives" in vera.get(path(infusion, "duties")).text
    vera.post(path(infusion, "duties/claim"), data=key("b", role="drive"))
    assert "Ben drives already. Nothing was changed." in vera.get(path(infusion)).text
    change = db.session.query(PreparationChange).one()
    assert vera.post(f"/preparation-changes/{change.public_id}/undo").status_code == 403
    ben.post(f"/preparation-changes/{change.public_id}/undo")
    assert "Nobody drives yet" in ana.get(path(infusion)).text


def test_asked_and_answered(people, client_of):
    infusion = plan(people)
    ana, ben, vera = client_of(people.ana), client_of(people.ben), client_of(people.vera)
    ben.post(path(infusion, "duties/claim"), data=key("a", role="drive"))
    veras = next(m for m in people.circle.memberships if m.account_id == people.vera.id).public_id
    assert "They have already said yes" in ana.get(path(infusion, "duties/edit?role=drive")).text
    assert ana.post(path(infusion, "duties"), data=key("b", role="drive", who="nobody")).status_code == 422
    ana.post(path(infusion, "duties"), data=key("c", role="drive", who=veras, days="1"))
    assert "Ana asks: can you drive?" in vera.get("/").text
    assert "Vera was asked, no answer yet" in ana.get(path(infusion)).text
    assert "Ben drives" in ana.get(path(infusion)).text
    assert vera.post(path(infusion, "duties/answer"), data=key("d", role="drive")).status_code == 422
    vera.post(path(infusion, "duties/answer"), data=key("e", role="drive", answer="yes"))
    assert [d.account_id for d in queries.duties_of([infusion])[infusion.id]] == [people.vera.id, people.ben.id]
    assert "Vera drives (" in ana.get(path(infusion)).text
    vera.post(path(infusion, "duties/answer"), data=key("f", role="drive", answer="no"))
    assert "This was answered already." in vera.get(path(infusion)).text
    bens = next(m for m in people.circle.memberships if m.account_id == people.ben.id).public_id
    vera.post(path(infusion, "duties"), data=key("g", role="stay", who=bens))
    assert "not yours now" in vera.get(path(infusion)).text
    vera.post(path(infusion, "duties/return"), data=key("h", role="drive"))
    assert "Nobody drives yet (" in ana.get(path(infusion)).text


def test_who_is_asked_answers_yes_or_no_and_sees_no_third_way_to_say_it(people, client_of):
    infusion = plan(people)
    ana, vera = client_of(people.ana), client_of(people.vera)
    assert "I drive" in vera.get(path(infusion)).text
    veras = next(m for m in people.circle.memberships if m.account_id == people.vera.id).public_id
    ana.post(path(infusion, "duties"), data=key("a", role="drive", who=veras))
    page = vera.get(path(infusion)).text
    assert "Ana asks: can you drive?" in page
    assert "I drive" not in page
    assert "I stay" in page


def test_the_patient_names_someone_or_says_that_nobody_is_needed(people, client_of):
    infusion = plan(people)
    ana, vera = client_of(people.ana), client_of(people.vera)
    empty = ana.post(path(infusion, "duties"), data=key("a", role="pick_up", who="name"))
    assert (empty.status_code, "Type the name." in empty.text) == (422, True)
    ana.post(path(infusion, "duties"), data=key("b", role="pick_up", who="name", name="Aunt May 梅"))
    assert "Aunt May 梅 picks up" in vera.get(path(infusion)).text
    location = ana.post(path(infusion, "duties"), data=key("c", role="drive", who="not_needed")).location
    assert undo(ana, location).status_code == 303
    ana.post(path(infusion, "duties"), data=key("d", role="drive", who="not_needed"))
    assert "Nobody needs to drive" in ana.get(path(infusion)).text
    assert "Nobody drives yet" not in ana.get("/").text
    assert vera.post(path(infusion, "duties"), data=key("e", role="drive", who="not_needed")).status_code == 422
    assert db.session.query(Duty).filter_by(state="not_needed").count() == 2


def test_the_list_is_ticked_and_changed(people, client_of):
    infusion = plan(people)
    ana, ben, vera = client_of(people.ana), client_of(people.ben), client_of(people.vera)
    assert "0 of 5 ready" in vera.get("/").text
    page = vera.get(path(infusion, "preparations")).text
    assert "Drink water, unless told to limit fluids" in page
    location = vera.post(path(infusion, "preparations/ticks"), data=key("a", key="water")).location
    assert undo(vera, location).status_code == 303
    vera.post(path(infusion, "preparations/ticks"), data=key("b", key="water"))
    page = ana.get(path(infusion, "preparations")).text
    assert re.search(r"Vera, \w{3} \d", page)
    assert "1 of 5 ready" in ana.get(path(infusion)).text
    for fields, words in [
        ({"words": ""}, "Say in a few words"),
        ({"words": "x", "lead_days": "99"}, "Choose 0 to 14"),
    ]:
        answer = ben.post(path(infusion, "preparations"), data=key("c", **fields))
        assert (answer.status_code, words in answer.text) == (422, True)
    ben.post(path(infusion, "preparations"), data=key("d", words="Snack <b>", lead_days="1"))
    ben.post(path(infusion, "preparations"), data=key("e", key="warm_clothes", words="Wool socks", lead_days="0"))
    ben.post(path(infusion, "preparations/order"), data=key("f", key="insurance_card", by="-1"))
    ben.post(path(infusion, "preparations/removal"), data=key("g", key="blood_test"))
    page = ben.get(path(infusion, "preparations/edit")).text
    titles = re.findall(r"<strong>([^<]+)</strong><br>", page)
    assert titles[0].startswith("Drink water")
    assert titles[2:] == ["Insurance card", "Wool socks", "Snack &lt;b&gt;"]
    assert "Wool socks" in ben.get(path(infusion, "preparations/item?key=warm_clothes")).text
    assert ben.get(path(infusion, "preparations/item?key=none")).status_code == 404
    assert vera.get(path(infusion, "preparations/edit")).status_code == 403
    location = ben.post("/preparations/removal", data=key("h", route="SC", key="water")).location
    assert location == "/preparations?route=SC"
    assert "Drink water" not in ben.get(location).text.split("undo__text")[-1].split("<ol")[1]


def test_pages_open_in_both_languages_and_only_here(people, client_of):
    infusion = plan(people)
    nouns = ("duties", "duties/edit?role=stay", "preparations", "preparations/edit", "preparations/item")
    for noun in nouns:
        for language in ("en", "zh"):
            joiner = "&" if "?" in noun else "?"
            assert client_of(people.ana).get(f"{path(infusion, noun)}{joiner}lang={language}").status_code == 200
        assert client_of(people.sam).get(path(infusion, noun)).status_code == 404


def test_today_stays_quiet_when_the_infusion_is_far(people, client_of):
    plan(people, days=12)
    factories.visit(people.circle, planned_on=TODAY + timedelta(days=40))
    db.session.commit()
    page = client_of(people.ana).get("/").text
    assert not re.search(r"Get ready|\d ready", page)
    assert "Nobody drives yet" not in page
    factories.visit(people.circle, planned_on=TODAY + timedelta(days=12), kind="blood_test")
    db.session.commit()
    assert "Blood test" in client_of(people.ana).get("/").text


@pytest.mark.parametrize(
    ("values", "said"), [({"route": "SC", "at_home": False}, True), ({"route": "SC"}, False), ({}, False)]
)
def test_today_says_that_nobody_drives_by_the_rule_of_the_message(people, client_of, values, said):
    start(people.circle, (TODAY + timedelta(days=2)).isoformat(), now=clock.now(), **values)
    assert ("Nobody drives yet" in client_of(people.ben).get("/").text) is said
