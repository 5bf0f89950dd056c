"""Guide, articles and the emergency page as a reader gets them, signed out and signed in."""

import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import pytest
from flask import Flask, g
from flask.testing import FlaskClient

from companion.accounts.models import Account
from companion.database import transaction
from companion.learn import forms, queries
from tests.fixtures import make_app
from tests.people import People

SLUGS = [article.slug for article in queries.articles("en")]
PAGES = ["/guide", "/learn", "/emergency", *(f"/learn/{slug}" for slug in SLUGS)]


@pytest.fixture(scope="module")
def reader(empty_sqlite: Path) -> Iterator[FlaskClient]:
    """Someone who is not signed in."""
    app: Flask = make_app(empty_sqlite)
    with app.app_context():
        yield app.test_client()


def page(client: FlaskClient, path: str, **query: str) -> str:
    answer = client.get(path, query_string={"lang": "en", **query})
    assert answer.status_code == 200
    return answer.text


def main(html: str) -> str:
    found = re.search(r"<main.*?</main>", html, re.S)
    assert found
    return found[0]


def plain(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def dialled(html: str) -> list[str]:
    return re.findall(r'href="tel:(\d+)"', html)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("path", PAGES)
def test_open_to_everyone(reader: FlaskClient, path: str, language: str) -> None:
    answer = reader.get(path, query_string={"lang": language})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.text.count("<h1") == 1
    assert f'<html lang="{"zh-Hans" if language == "zh" else "en"}"' in answer.text


@pytest.mark.parametrize("path", ["/learn/no-such-article", "/learn/WHAT-MMN-IS", "/learn/..%2fsources"])
def test_unknown_article(reader: FlaskClient, path: str) -> None:
    assert reader.get(path).status_code == 404


def test_guide_leads_on(reader: FlaskClient) -> None:
    html = page(reader, "/guide")
    assert [re.sub(r"\?.*", "", link) for link in re.findall(r'class="go-row[^>]* href="([^"]+)"', html)] == [
        "/emergency",
        "/learn",
        "/assistance",
    ]


def test_guide_shows_contacts_when_signed_in(people: People, client_of: Callable[[Account], FlaskClient]) -> None:
    assert "/circle/contacts" in main(page(client_of(people.ana), "/guide"))


def test_the_clinic_is_one_tap_from_the_signs(
    reader: FlaskClient, people: People, client_of: Callable[[Account], FlaskClient]
) -> None:
    assert "/circle/contacts" in main(page(client_of(people.ana), "/emergency"))
    assert "/circle/contacts" not in page(reader, "/emergency")


def test_index_lists_emergency_first(reader: FlaskClient) -> None:
    rows = re.findall(r'class="go-row[^>]* href="([^"]+)"', page(reader, "/learn"))
    assert rows == ["/emergency", *(f"/learn/{slug}" for slug in SLUGS)]


@pytest.mark.parametrize("slug", SLUGS)
def test_article_says_where_it_comes_from(reader: FlaskClient, slug: str) -> None:
    html = page(reader, f"/learn/{slug}")
    article = queries.article("en", slug)
    assert article
    for source in article.sources:
        assert f'id="source-{source.id}"' in html
        assert source.link.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in html
    assert "23 November 2026" in html
    assert "Read by a clinician: not yet" in html
    assert 'href="/emergency"' in main(html)


def test_article_in_chinese(reader: FlaskClient) -> None:
    html = page(reader, "/learn/what-mmn-is", lang="zh")
    assert "2026年11月23日" in html
    assert "尚无医生审阅" in html
    assert "多灶性运动神经病" in html


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("country", "numbers"),
    [
        ("US", ["911"]),
        ("CN", ["120"]),
        ("GB", ["999"]),
        ("uk", ["999"]),
        ("EU", ["112"]),
        ("DE", ["112"]),
        ("JP", ["911", "120", "112", "999"]),
        ("ZZ", ["911", "120", "112", "999"]),
        ("", ["911", "120", "112", "999"]),
        ("<script>", ["911", "120", "112", "999"]),
    ],
)
def test_number_follows_the_country_not_the_language(
    reader: FlaskClient, country: str, numbers: list[str], language: str
) -> None:
    html = page(reader, "/emergency", country=country, lang=language)
    assert dialled(html) == numbers
    assert "<script>alert" not in html


@pytest.mark.parametrize(
    ("place", "heading", "heading_zh"),
    [
        ("clinic", "Tell the nurse now", "马上告诉护士"),
        ("home", "Stop the pump and call", "先停泵，再打电话"),
        ("", "Call for help", "打电话求助"),
        ("moon", "Call for help", "打电话求助"),
    ],
)
def test_what_to_do_follows_the_place(reader: FlaskClient, place: str, heading: str, heading_zh: str) -> None:
    for language, words in (("en", heading), ("zh", heading_zh)):
        html = page(reader, "/emergency", place=place, country="CN", lang=language)
        assert re.findall(r'<h2 id="call">(.*?)</h2>', html) == [words]


def test_sudden_weakness_stands_above_everything(reader: FlaskClient) -> None:
    text = plain(main(page(reader, "/emergency", country="US")))
    first = text.index("Weakness that comes in minutes or hours is not wear-off.")
    assert first < text.index("Call 911") < text.index("Call now if") < text.index("Same day")


def test_signs_of_each_group(reader: FlaskClient) -> None:
    text = plain(page(reader, "/emergency"))
    now, same_day = text[text.index("Call now if") :].split("Same day: call", 1)
    for sign in ("drooping face", "Trouble breathing", "hives", "Chest pain", "coughing up blood", "blue lips"):
        assert sign in now
    for sign in ("swollen, warm, red", "stiff neck", "Little urine", "Brown or red urine", "Fever above 100 °F"):
        assert sign in same_day


def test_timings_without_a_source_are_left_out(reader: FlaskClient) -> None:
    text = plain(page(reader, "/emergency")) + plain(page(reader, "/learn/infusion-day"))
    assert not re.search(r"2 weeks after|10 days|day 5|36|96 h", text)


def test_place_and_country_are_kept_together(reader: FlaskClient) -> None:
    html = page(reader, "/emergency", country="CN", place="home")
    assert 'href="/emergency?country=CN&amp;place=clinic"' in html
    assert '<input type="hidden" name="place" value="home">' in html


def test_the_other_language_is_on_the_page(reader: FlaskClient) -> None:
    english = page(reader, "/emergency", country="US")
    assert '<div class="stack" lang="zh-Hans">' in english
    assert "几分钟或几小时内突然没力气，不是药效减退。" in english
    chinese = page(reader, "/emergency", country="US", lang="zh")
    assert '<div class="stack" lang="en">' in chinese
    assert "Weakness that comes in minutes or hours is not wear-off." in chinese
    assert 'href="/emergency?country=US&amp;lang=en"' in chinese


def test_helper_in_another_country(reader: FlaskClient) -> None:
    text = plain(page(reader, "/emergency", country="CN"))
    assert "A number that you dial reaches help where you are" in text
    assert "Where the patient is, the number is 120." in text


def test_no_script_is_needed(reader: FlaskClient) -> None:
    html = main(page(reader, "/emergency", country="US", place="home"))
    # What waits on a phone is said on every page, hidden until a script knows of any.
    assert re.findall(r'data-module="([^"]*)"', html) == ["waiting"]
    assert "<script" not in html


def test_links_carry_where_the_patient_is(app: Flask, people: People) -> None:
    with transaction():
        people.circle.country, people.circle.location_country = "US", "CN"
    with app.test_request_context("/"):
        g.standing = type("Standing", (), {"circle": people.circle})()
        assert app.url_for("learn.emergency") == "/emergency?country=CN"
        assert app.url_for("learn.emergency", country="GB") == "/emergency?country=GB"
        people.circle.location_country = None
        assert app.url_for("learn.emergency") == "/emergency?country=US"
        g.standing = None
        assert app.url_for("learn.emergency") == "/emergency"


def test_nothing_personal_for_those_signed_in(people: People, client_of: Callable[[Account], FlaskClient]) -> None:
    ana = client_of(people.ana)
    for path in PAGES:
        assert "Ana" not in plain(main(page(ana, path)))


def test_whereabouts() -> None:
    assert forms.whereabouts_in({}, "de").number == "112"
    assert forms.whereabouts_in({"country": "cn"}, "US").number == "120"
    assert forms.whereabouts_in({"country": "nowhere"}, "US").country == "US"
