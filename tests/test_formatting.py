"""Dates, times and quantities as the reader writes them."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask, g
from flask_babel import force_locale

from companion import formatting
from tests.people import People

pytestmark = pytest.mark.parametrize("app", ["sqlite"], indirect=True)
TUESDAY = date(2026, 11, 24)


@pytest.fixture
def today_is(app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Callable[[str], None]:
    """Move the clock of the application to an instant."""

    def move(text: str) -> None:
        offset = datetime.fromisoformat(text) - datetime.now(UTC)
        (tmp_path / "clock").write_text(str(offset.total_seconds()))
        monkeypatch.setenv("COMPANION_TESTING", "1")
        monkeypatch.setenv("COMPANION_TEST_CLOCK", str(tmp_path / "clock"))

    move("2026-11-23T12:00:00+00:00")
    return move


@pytest.fixture(params=["en", "zh"])
def language(app: Flask, today_is: object, request: pytest.FixtureRequest) -> Iterator[str]:
    with app.test_request_context(), force_locale(request.param):
        yield request.param


def test_dates(language: str) -> None:
    written = {
        "en": ["24 Nov", "Tue 24 Nov", "Tuesday 24 November", "24 November 2026", "November 2026", "1 Jan 2027"],
        "zh": ["11月24日", "11月24日 周二", "11月24日 星期二", "2026年11月24日", "2026年11月", "2027年1月1日"],
    }
    kinds = ("short_date", "weekday_date", "long_date", "full_date", "month_title")
    assert [getattr(formatting, kind)(TUESDAY) for kind in kinds] + [
        formatting.short_date(date(2027, 1, 1))
    ] == written[language]
    other_year = {"en": "Fri 1 Jan 2027", "zh": "2027年1月1日 周五"}
    assert formatting.weekday_date(date(2027, 1, 1)) == other_year[language]


@pytest.mark.parametrize(
    ("away", "english", "chinese"),
    [
        (0, "Today", "今天"),
        (1, "Tomorrow", "明天"),
        (-1, "Yesterday", "昨天"),
        (2, "In 2 days", "还有 2 天"),
        (365, "In 365 days", "还有 365 天"),
        (-2, "2 days ago", "2 天前"),
        (-30, "30 days ago", "30 天前"),
    ],
)
def test_how_far_a_date_is(language: str, away: int, english: str, chinese: str) -> None:
    said = formatting.in_days(date(2026, 11, 23) + timedelta(days=away))
    assert said == {"en": english, "zh": chinese}[language]


def test_times(language: str) -> None:
    assert [formatting.clock_time(text) for text in ("09:00", "14:30", "00:05", "10:00")] == [
        "9:00",
        "14:30",
        "0:05",
        "10:00",
    ]
    instant = datetime(2026, 11, 24, 1, 5, tzinfo=UTC)
    assert formatting.clock_time(instant, "Asia/Shanghai") == "9:05"
    assert formatting.clock_time(instant) == "1:05"


def test_an_instant_is_written_where_it_happens(language: str) -> None:
    instant = datetime(2026, 11, 23, 17, 30, tzinfo=UTC)
    written = {"en": "Tue 24 Nov, 1:30", "zh": "11月24日 周二 1:30"}
    assert formatting.when(instant, "Asia/Shanghai") == written[language]
    assert formatting.local_date(instant, "Asia/Shanghai") == TUESDAY


def test_the_readers_own_zone_is_the_default(app: Flask, people: People, today_is: Callable[[str], None]) -> None:
    today_is("2026-11-23T17:30:00+00:00")
    with app.test_request_context():
        assert formatting.today() == date(2026, 11, 23)
        people.ana.tz = "Asia/Shanghai"
        g.account = people.ana
        assert formatting.today() == TUESDAY
        assert formatting.when(datetime(2026, 11, 23, 17, 30, tzinfo=UTC)) == "Tue 24 Nov, 1:30"


def test_quantities(language: str) -> None:
    kilograms, unknown = ("kg", "not entered") if language == "en" else ("公斤", "没有填")
    assert formatting.quantity(Decimal("21.5"), "kg") == f"21.5 {kilograms}"
    assert formatting.quantity(Decimal("140.000"), "kg") == f"140 {kilograms}"
    assert formatting.quantity(0, "kg") == f"0 {kilograms}"
    assert formatting.quantity(None, "kg") == unknown
    assert formatting.quantity(Decimal(3), "ml") == "3 ml"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("21.50", "21.5"),
        ("140", "140"),
        ("0", "0"),
        ("0.000", "0"),
        ("1E+3", "1000"),
        ("0.001", "0.001"),
        ("-1.50", "-1.5"),
    ],
)
def test_numbers(language: str, value: str, text: str) -> None:
    assert formatting.number(Decimal(value)) == text


def test_a_number_loses_nothing(app: Flask) -> None:
    for thousandths in range(-20_000, 20_000, 7):
        value = Decimal(thousandths) / 1000
        assert Decimal(formatting.number(value)) == value
        assert "E" not in formatting.number(value)


def test_words_in_a_row(language: str) -> None:
    assert formatting.joined(["a", "b"]) == {"en": "a, b", "zh": "a、b"}[language]


def test_marks_between_words_are_the_languages_own(language: str) -> None:
    assert formatting.labelled("Lot", "AB1") == {"en": "Lot: AB1", "zh": "Lot：AB1"}[language]
    two = {"en": "Rash. Mild.", "zh": "Rash。Mild."}[language]
    assert formatting.sentences(["Rash", "Mild."]) == two


def test_a_week_begins_on_monday(app: Flask) -> None:
    week = formatting.week_of(TUESDAY)
    assert (week[0], week[-1], len(week)) == (date(2026, 11, 23), date(2026, 11, 29), 7)


def test_a_template_asks_for_the_word_of_a_unit_each_time(app: Flask) -> None:
    template = app.jinja_env.from_string("{{ 'g'|unit_word }}")
    with app.test_request_context(), force_locale("zh"):
        assert template.render() == "克"
    with app.test_request_context(), force_locale("en"):
        assert template.render() == "g"
