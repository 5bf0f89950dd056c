"""Shared fields take what people type, and say what to do when they cannot."""

from collections.abc import Iterator
from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest
import wtforms
from flask import Flask
from werkzeug.datastructures import MultiDict

from companion.forms import DecimalField, Form, LocalDateField, LocalTimeField, TextField, ZoneField

pytestmark = pytest.mark.parametrize("app", ["sqlite"], indirect=True)


class Everything(Form):
    """One field of each kind."""

    text = TextField(most_bytes=40)
    number = DecimalField()
    on = LocalDateField()
    at = LocalTimeField()
    tz = ZoneField()
    ticked = wtforms.SelectMultipleField(choices=["a", "b"])


@pytest.fixture(autouse=True)
def in_a_request(app: Flask) -> Iterator[None]:
    with app.test_request_context():
        yield


def filled(**typed: Any) -> Everything:
    form = Everything(MultiDict({"tz": "UTC", **typed}))
    form.validate()
    return form


TAKEN: list[tuple[str, str, Any]] = [
    ("text", "  Ward 5 \r\n", "Ward 5"),
    ("text", "a\x00b\x07c\ud800", "abc"),
    ("text", "\x00 a", "a"),
    ("text", "two\r\nlines", "two\nlines"),
    ("text", "   ", None),
    ("text", "手👍🏽", "手👍🏽"),
    ("number", "12.5", Decimal("12.5")),
    ("number", "12,5", Decimal("12.5")),
    ("number", " １２．５ ", Decimal("12.5")),
    ("number", "", None),
    ("on", "2026-11-24", date(2026, 11, 24)),
    ("on", "", None),
    ("at", "09:00", time(9)),
    ("at", "9:00", time(9)),
    ("at", "9.30", time(9, 30)),
    ("at", "14:30:59", time(14, 30)),
    ("at", "９：０５", time(9, 5)),
    ("at", "", None),
    ("tz", "Asia/Shanghai", "Asia/Shanghai"),
]


@pytest.mark.parametrize(("name", "typed", "value"), TAKEN)
def test_what_people_type_is_taken(name: str, typed: str, value: Any) -> None:
    form = filled(**{name: typed})
    assert form.errors == {}
    assert form[name].data == value


REFUSED = [
    ("text", "x" * 41), ("text", "手" * 14), ("number", "twelve"), ("number", "1e3"), ("number", "nan"),
    ("number", "1,234.5"), ("on", "2026-02-30"), ("on", "24.11.2026"), ("on", "1026-11-24"), ("on", "yesterday"),
    ("at", "25:00"), ("at", "9"), ("at", "9:60"), ("at", "900"), ("at", "09:00+05:00"), ("at", "nine"),
    ("tz", "Mars/Olympus"), ("tz", ""), ("tz", "../UTC"), ("tz", "europe/london\0"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "typed"), REFUSED)
def test_what_cannot_be_is_refused_in_words_and_kept(name: str, typed: str) -> None:
    form = filled(**{name: typed})
    ((field, words),) = form.error_list()
    assert field == name
    assert words == form.error(name)
    assert words.endswith((".", "12.5"))
    assert form.typed(name) == typed
    assert form.error("ticked") == ""


def test_a_form_starts_with_what_is_there() -> None:
    form = Everything(data={"number": Decimal("12.50"), "on": date(2026, 11, 24), "at": time(9), "ticked": ["a"]})
    assert [form.typed(name) for name in ("text", "number", "on", "at")] == ["", "12.50", "2026-11-24", "09:00"]
    assert form.chosen("ticked") == ["a"]
    assert form.error_list() == []


def test_what_is_ticked() -> None:
    assert filled(ticked="b").chosen("ticked") == ["b"]
    assert filled().chosen("ticked") == []
    assert Everything().chosen("text") == []
