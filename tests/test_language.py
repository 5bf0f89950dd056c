"""Which language a page speaks, and that one catalogue is made of many."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale, gettext, ngettext

from companion.accounts.models import Account
from companion.database import transaction
from companion.language import ClashingWords, chosen_language, merged_catalogue
from tests.people import People

pytestmark = pytest.mark.parametrize("app", ["sqlite"], indirect=True)
ClientOf = Callable[[Account | None], FlaskClient]
PAGE = "/emergency"


def speaks(answer: object) -> str:
    """The language of a page by its own word."""
    text: str = answer.text  # type: ignore[attr-defined]
    return {"zh-Hans": "zh", "en": "en"}[text.split('<html lang="')[1].split('"')[0]]


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("zh", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("zh-Hans", "zh"),
        ("zh-TW", "zh"),
        ("en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("fr-FR,zh;q=0.5", "zh"),
        ("fr", "en"),
        ("*", "en"),
        ("zh;q=0, en;q=0.1", "en"),
        ("\"';drop", "en"),
    ],
)
def test_the_browser_is_asked(client_of: ClientOf, accepted: str, language: str) -> None:
    assert speaks(client_of(None).get(PAGE, headers={"Accept-Language": accepted})) == language


def test_a_choice_wins_and_is_remembered(client_of: ClientOf) -> None:
    client = client_of(None)
    english = {"Accept-Language": "en"}
    assert speaks(client.get(f"{PAGE}?lang=zh", headers=english)) == "zh"
    assert speaks(client.get(PAGE, headers=english)) == "zh"
    assert speaks(client.get(f"{PAGE}?lang=en", headers=english)) == "en"
    assert speaks(client.get(PAGE, headers=english)) == "en"


@pytest.mark.parametrize("asked", ["fr", "", "zh-CN", "EN", "../zh", "zh\0"])
def test_a_language_that_is_none_is_passed_over(client_of: ClientOf, asked: str) -> None:
    answer = client_of(None).get(PAGE, query_string={"lang": asked})
    assert (answer.status_code, speaks(answer)) == (200, "en")
    assert "Set-Cookie" not in answer.headers


def test_an_account_has_its_language_on_every_device(people: People, client_of: ClientOf) -> None:
    with transaction():
        people.ana.language = "zh"
    ana = client_of(people.ana)
    assert speaks(ana.get(PAGE, headers={"Accept-Language": "en"})) == "zh"
    ana.set_cookie("lang", "en")
    assert speaks(ana.get(PAGE)) == "en"
    ana.set_cookie("lang", "nonsense")
    assert speaks(ana.get(PAGE)) == "zh"


def test_errors_speak_the_language_too(client_of: ClientOf) -> None:
    client = client_of(None)
    assert "找不到这个页面" in client.get("/nowhere?lang=zh").text
    assert "This page is not here" in client.get("/nowhere?lang=en").text


def test_words_of_mails_follow_the_reader(app: Flask) -> None:
    assert chosen_language() == "en"
    with app.test_request_context(), force_locale("zh"):
        assert gettext("Today") == "今天"
        assert ngettext("In %(num)s day", "In %(num)s days", 1) == "还有 1 天"
    with app.test_request_context(), force_locale("en"):
        assert ngettext("In %(num)s day", "In %(num)s days", 1) == "In 1 day"
        assert ngettext("In %(num)s day", "In %(num)s days", 6) == "In 6 days"
        assert gettext("A text that nobody translated") == "A text that nobody translated"


HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: nplurals=1; plural=0;\\n"\n'


def test_files_are_merged_and_clashes_named(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "a.po").write_text(HEAD + '\nmsgid "Lot"\nmsgstr "批号"\n')
    (tmp_path / "b.po").write_text(HEAD + '\nmsgid "Lot"\nmsgstr "批号"\n\nmsgid "Hand"\nmsgstr "手"\n')
    assert {message.id for message in merged_catalogue(tmp_path) if message.id} == {"Lot", "Hand"}
    (tmp_path / "c.po").write_text(HEAD + '\nmsgid "Lot"\nmsgstr "很多"\n')
    with pytest.raises(ClashingWords, match=r"c\.po.*批号|c\.po.*很多"):
        merged_catalogue(tmp_path)
