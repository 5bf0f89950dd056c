"""The medical card: both languages, unknown stays unknown, and nothing is claimed that nobody entered."""

import re
from datetime import timedelta

import pytest

from companion.circles.operations import save_contact
from companion.clock import now
from companion.database import transaction
from companion.extensions import db
from companion.medical_cards.models import MedicalCard
from tests.infusions.plans import TODAY, courses, start

FILLED = {"has_mmn": "y", "conditions": "Asthma", "allergy_answer": "some", "allergies": "Penicillin"}
WARNING = "Steroids can make MMN weaker"


@pytest.fixture
def ana(people, client_of):
    return client_of(people.ana)


def faces(page):
    return re.findall(r'<article class="wallet" lang="([\w-]+)".*?</article>', page, re.S)


def test_an_empty_card_says_not_entered_and_never_none(ana):
    page = ana.get("/medical-card").text
    assert faces(page) == ["en", "zh-Hans"]
    assert "not entered" in page
    assert "none known" not in page
    assert WARNING not in page


def test_a_filled_card_speaks_both_languages_and_gives_the_source(people, ana):
    with transaction():
        save_contact(people.circle, "neurologist", name="Dr Novak", phone="+44 20 7946 0000", note=None)
        people.ana.language = "zh"
    assert ana.post("/medical-card", data=FILLED).status_code == 303
    page = ana.get("/medical-card?lang=en").text
    assert faces(page) == ["zh-Hans", "en"]
    for words in ("多灶性运动神经病", "Multifocal motor neuropathy", WARNING, "EFNS/PNS guideline"):
        assert words in page
    assert page.count("Penicillin") == page.count("Asthma") == 2
    assert page.count("+44 20 7946 0000".replace(" ", "\N{NO-BREAK SPACE}")) == 2


def test_a_script_that_sends_the_card_is_told_which_page_comes_next(ana):
    answer = ana.post("/medical-card", data=FILLED | {"client_id": "key"}, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["client_id"]) == (201, "key")
    assert "Penicillin" in ana.get(answer.json["url"]).text


def test_the_last_infusion_is_the_last_that_was_given(people, ana):
    regimen = start(people.circle, (TODAY - timedelta(days=3)).isoformat(), now=now(), product="Privigen")
    assert "Privigen" not in ana.get("/medical-card").text
    day = courses(regimen)[0].days[0]
    with transaction():
        day.state, day.given_on = "done", day.planned_on
    assert ana.get("/medical-card").text.count("Privigen") == 2


def test_none_known_and_an_allergy_contradict_and_nothing_typed_is_lost(ana):
    answer = ana.post("/medical-card", data=FILLED | {"allergy_answer": "none_known"})
    assert answer.status_code == 422
    assert 'value="Penicillin"' in answer.text
    assert "Choose “Yes”" in answer.text
    assert db.session.query(MedicalCard).count() == 0


def test_an_allergy_without_a_tick_counts_and_undo_brings_the_old_card_back(ana):
    ana.post("/medical-card", data=FILLED)
    answer = ana.post("/medical-card", data={"allergies": "Latex"})
    assert "Latex" in ana.get("/medical-card").text
    page = ana.get(answer.location).text
    ana.post("/medical-card", data={"allergies": "Latex", "conditions": "x"})
    page = ana.get("/medical-card").text
    bar = page.partition('class="undo__form"')[2].partition("</form>")[0]
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', bar))
    ana.post("/medical-card", data=fields)
    card = db.session.query(MedicalCard).one()
    assert (card.allergies, card.conditions, card.has_mmn) == ("Latex", None, False)


def test_who_reads_and_who_writes(people, client_of):
    assert client_of(people.vera).get("/medical-card").status_code == 403
    ben = client_of(people.ben)
    assert "/medical-card/edit" not in ben.get("/medical-card").text
    assert ben.post("/medical-card", data=FILLED).status_code == 403


def test_words_are_kept_sealed(ana):
    ana.post("/medical-card", data=FILLED)
    row = db.session.query(MedicalCard).one()
    assert "Penicillin" not in row.allergies_sealed
    assert "Asthma" not in row.conditions_sealed
