"""The page of help with costs, signed out: which programmes it shows, how, and what it never shows."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from companion.assistance.forms import PRODUCTS
from companion.assistance.queries import programmes
from companion.domain.eligibility import FEDERAL_PLANS, INSURANCES
from tests.fixtures import make_app

CARD = re.compile(
    r'<article [^>]*data-programme="([^"]+)" data-kind="([^"]+)" data-match="([^"]+)">(.*?)</article>', re.S
)
ENTRIES = {entry.id: entry for entry in programmes()}


@dataclass(frozen=True)
class Card:
    kind: str
    match: str
    html: str

    @property
    def text(self) -> str:
        return plain(self.html)


@pytest.fixture(scope="module")
def signed_out(empty_sqlite: Path) -> Iterator[FlaskClient]:
    app: Flask = make_app(empty_sqlite)
    with app.app_context():
        yield app.test_client()


def plain(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def page(client: FlaskClient, **query: str) -> str:
    answer = client.get("/assistance", query_string={"lang": "en", **query})
    assert answer.status_code == 200
    return answer.text


def cards(html: str) -> dict[str, Card]:
    return {found[0]: Card(*found[1:]) for found in CARD.findall(html)}


# country, insurance, product, programme, match (None: not on the page), words of the reason
DECISIONS = [
    ("US", "medicare", "gammagard-liquid", "ship", "likely", "What you told us fits"),
    ("US", "medicare", "gammagard-liquid", "medicare-savings", "ask", "depends on things we do not ask"),
    ("US", "medicare", "gammagard-liquid", "takeda-gammagard", "no", "cannot be used with Medicare"),
    ("US", "tricare", "gammagard-liquid", "takeda-gammagard", "no", "cannot be used with TRICARE"),
    ("US", "medicare", "gammagard-liquid", "taf", "ask", "could not confirm that it helps with MMN"),
    ("US", "medicare", "privigen", "taf", "no", "the label of Privigen does not name MMN"),
    ("US", "none", "gammagard-liquid", "taf", "no", "Only for people who have insurance"),
    ("US", "none", "gammagard-liquid", "takeda-gammagard", "no", "Without a plan it does not work"),
    ("US", "none", "gammagard-liquid", "takeda-help-at-hand", "ask", "could not confirm that it covers"),
    ("US", "commercial", "gammagard-liquid", "takeda-gammagard", "ask", "could not read its rules"),
    ("US", "commercial", "gammagard-liquid", "csl-copay", "no", "Only for Privigen, Hizentra"),
    ("US", "commercial", "privigen", "csl-copay", "no", "pays only for uses on the label"),
    ("US", "commercial", "panzyga", "pfizer-panzyga-copay", "ask", "They may say no"),
    ("US", "commercial", "privigen", "ship", "no", "Only for people with Medicare"),
    ("US", "", "", "csl-copay", "ask", "It depends on: Insurance, Product"),
    ("US", "", "", "japan-designated-disease", None, ""),
    ("US", "medicaid", "unknown", "gbs-cidp-foundation", "likely", "Open to people with MMN"),
    ("JP", "", "", "japan-designated-disease", "ask", "depends on things we do not ask"),
    ("JP", "medicare", "gammagard-liquid", "japan-designated-disease", "ask", "depends on things"),
    ("CA", "", "", "ontario-ig", "ask", "depends on things we do not ask"),
    ("GB", "", "", "gain-uk", "likely", "Open to people with MMN"),
    ("CN", "", "", "gbs-cidp-foundation", "likely", "Open to people with MMN"),
    ("CN", "", "", "ontario-ig", None, ""),
]


@pytest.mark.parametrize(("country", "insurance", "product", "programme", "match", "words"), DECISIONS)
def test_a_programme_is_shown_with_its_reason(
    signed_out: FlaskClient, country: str, insurance: str, product: str, programme: str, match: str | None, words: str
) -> None:
    shown = cards(page(signed_out, country=country, insurance=insurance, product=product)).get(programme)
    assert (shown and shown.match) == match
    if shown:
        assert words in shown.text


@pytest.mark.parametrize("insurance", [*INSURANCES, ""])
@pytest.mark.parametrize("product", [*PRODUCTS, ""])
def test_no_answer_offers_a_copay_card_to_someone_who_may_not_use_it(
    signed_out: FlaskClient, insurance: str, product: str
) -> None:
    found = cards(page(signed_out, country="US", insurance=insurance, product=product))
    offered = {name for name, card in found.items() if card.kind == "copay-card" and card.match != "no"}
    if insurance in FEDERAL_PLANS or insurance == "none":
        assert not offered
    assert {card.match for card in found.values() if card.kind == "foundation"} <= {"ask", "no"}
    assert not {name for name in offered if found[name].match == "likely"}


@pytest.mark.parametrize("insurance", sorted(FEDERAL_PLANS))
@pytest.mark.parametrize("country", ["US", ""])
def test_it_says_why_copay_cards_are_left_out(signed_out: FlaskClient, insurance: str, country: str) -> None:
    html = page(signed_out, insurance=insurance, country=country)
    assert "A federal law on kickbacks is the reason." in plain(html)
    assert "https://www.hhs.gov/" in html
    assert not [card for card in cards(html).values() if card.kind == "copay-card" and card.match != "no"]


@pytest.mark.parametrize("country", ["GB", "JP", "CA", "CN", "ZZ", "DE", "other"])
@pytest.mark.parametrize("insurance", ["", "commercial", "medicare"])
def test_outside_the_united_states_copay_cards_and_insurance_disappear(
    signed_out: FlaskClient, country: str, insurance: str
) -> None:
    html = page(signed_out, country=country, insurance=insurance, product="privigen")
    assert {card.kind for card in cards(html).values()} <= {"public", "patient-group"}
    assert 'name="insurance" value="va"' not in html
    assert "copay" not in plain(html).lower()


@pytest.mark.parametrize(
    ("country", "words"),
    [
        ("CN", "no source on help with costs for MMN in China"),
        ("DE", "no checked source for Germany"),
        ("ZZ", "no checked source for other countries"),
    ],
)
def test_where_we_know_little_it_says_so(signed_out: FlaskClient, country: str, words: str) -> None:
    assert words in plain(page(signed_out, country=country))


@pytest.mark.parametrize(
    "query",
    [
        {"country": "US", "insurance": "medicare", "product": "gammagard-liquid", "place": "home"},
        {"country": "US", "insurance": "commercial", "product": "panzyga"},
        {"country": "US"},
        {"country": "GB"},
        {"country": "JP"},
        {},
    ],
)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_card_says_who_what_whom_to_ask_and_where_it_was_read(
    signed_out: FlaskClient, query: dict[str, str], lang: str
) -> None:
    found = cards(page(signed_out, **query, lang=lang))
    assert found
    for name, card in found.items():
        entry = ENTRIES[name]
        assert card.kind == entry.kind
        said = [entry.name, *(words.in_language(lang) for words in (entry.pays, entry.who_can, entry.run_by))]
        said += [entry.how_to_apply.in_language(lang), entry.source.title, entry.source.age.in_language(lang)]
        said += ["Last checked 23 November 2026." if lang == "en" else "核对日期：2026年11月23日。"]
        said += ["Programmes open and close. Call first." if lang == "en" else "项目时开时关，请先打电话问。"]
        said += [entry.ask_first.in_language(lang)] if card.match != "no" else []
        assert [words for words in said if words not in card.text] == []
        assert f'href="{entry.source.url}"' in card.html
        assert f'href="{entry.website}"' in card.html


def test_a_call_button_stands_only_where_the_number_was_verified(signed_out: FlaskClient) -> None:
    for query in ({"country": "US"}, {"country": "GB"}, {"country": "JP"}, {}):
        for name, card in cards(page(signed_out, **query)).items():
            entry = ENTRIES[name]
            dialled = re.findall(r'href="tel:([^"]+)"', card.html)
            assert dialled == ([entry.phone_dial] if entry.phone_verified else [])


def test_what_is_not_for_the_person_is_folded_away_without_a_call(signed_out: FlaskClient) -> None:
    html = page(signed_out, country="US", insurance="commercial", product="privigen")
    refused = {name: card for name, card in cards(html).items() if card.match == "no"}
    assert set(refused) >= {"ship", "csl-copay", "taf"}
    folded = html.index("Not for you: ")
    assert all(html.index(f'data-programme="{name}"') > folded for name in refused)
    assert not [name for name, card in refused.items() if "tel:" in card.html]


def test_the_country_comes_first_and_each_press_keeps_the_other_answers(signed_out: FlaskClient) -> None:
    empty = page(signed_out)
    assert 'name="country" value="US"' in empty
    assert 'name="insurance"' not in empty
    html = page(signed_out, country="US", product="panzyga")
    forms = re.findall(r'<form class="picker" method="get".*?</form>', html, re.S)
    kept = [sorted(re.findall(r'type="hidden" name="(\w+)" value="([^"]+)"', form)) for form in forms]
    assert kept == [
        [("product", "panzyga")],
        [("country", "US"), ("product", "panzyga")],
        [("country", "US")],
        [("country", "US"), ("product", "panzyga")],
    ]
    assert 'value="medicare"' in forms[1]


def test_the_chosen_answer_is_marked(signed_out: FlaskClient) -> None:
    html = page(signed_out, country="US", insurance="medicare")
    assert re.findall(r'name="(\w+)" value="(\w+)" aria-current="true"', html) == [
        ("country", "US"),
        ("insurance", "medicare"),
    ]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"country": "Narnia"}, "Country"),
        ({"country": "US", "insurance": "gold"}, "Insurance"),
        ({"country": "US", "product": "<script>alert(1)</script>"}, "Product"),
        ({"country": "US", "insurance": "x" * 5000, "place": "\u202emoon"}, "Insurance, Place"),
    ],
)
def test_an_answer_that_is_not_understood_is_named_and_left_out(
    signed_out: FlaskClient, query: dict[str, str], named: str
) -> None:
    html = page(signed_out, **query)
    assert f"We could not read your answer to: {named}. Please choose again." in plain(html)
    assert "<script>alert" not in html


def test_medicare_at_home_is_told_whom_the_benefit_is_for(signed_out: FlaskClient) -> None:
    html = page(signed_out, country="US", insurance="medicare", place="home")
    assert "primary immune deficiency only" in plain(html)
    assert "primary immune deficiency" not in page(signed_out, country="US", insurance="medicare", place="clinic")


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("country", ["US", "GB", "JP", "CA", "CN", ""])
def test_no_amount_and_no_promise(signed_out: FlaskClient, lang: str, country: str) -> None:
    text = plain(page(signed_out, country=country, lang=lang))
    assert not re.search(r"[$€£¥]|20 ?%|you qualify|you are eligible|您符合|您有资格", text, re.IGNORECASE)


def test_the_chinese_page_is_chinese_and_keeps_the_names(signed_out: FlaskClient) -> None:
    html = page(signed_out, country="US", insurance="medicare", lang="zh")
    assert '<html lang="zh-Hans"' in html
    assert "The Assistance Fund (TAF)" in html
    english = ("Ask first", "Who runs it", "Last checked", "Open the website", "Start again", "We read")
    assert [words for words in english if words in plain(html)] == []


@pytest.mark.parametrize(("days", "due"), [(365, False), (366, True)])
def test_an_entry_past_its_time_says_that_it_is_due(
    signed_out: FlaskClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, days: int, due: bool
) -> None:
    entry = ENTRIES["japan-designated-disease"]
    wanted = datetime.combine(entry.checked_on + timedelta(days=days), time(12), UTC)
    (tmp_path / "clock").write_text(str((wanted - datetime.now(UTC)).total_seconds()))
    monkeypatch.setenv("COMPANION_TESTING", "1")
    monkeypatch.setenv("COMPANION_TEST_CLOCK", str(tmp_path / "clock"))
    shown = cards(page(signed_out, country="JP"))[entry.id]
    assert ("Due for a new check." in shown.text) is due
