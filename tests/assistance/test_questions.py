"""The answers in an address: read, or named and left out."""

import pytest

from companion.assistance.forms import Asked, asked_in
from companion.domain.eligibility import Situation

READ = [
    ({}, Asked()),
    ({"country": "US"}, Asked(country="US")),
    ({"country": " us "}, Asked(country="US")),
    ({"country": "uk"}, Asked(country="GB")),
    ({"country": "other"}, Asked(country="ZZ")),
    ({"country": "DE"}, Asked(country="DE")),
    ({"country": "Narnia"}, Asked(not_understood=("country",))),
    ({"country": "QQ"}, Asked(not_understood=("country",))),
    ({"country": "001"}, Asked(not_understood=("country",))),
    ({"country": ""}, Asked()),
    ({"country": "US", "insurance": "Medicare"}, Asked("US", "medicare")),
    ({"insurance": "gold", "product": "water"}, Asked(not_understood=("insurance", "product"))),
    ({"product": "unknown"}, Asked(product="unknown")),
    ({"country": "US", "place": "💉\x00"}, Asked("US", not_understood=("place",))),
    ({"country": "US" * 5000}, Asked(not_understood=("country",))),
]


@pytest.mark.parametrize(("query", "asked"), READ)
def test_answers_are_read(query: dict[str, str], asked: Asked) -> None:
    assert asked_in(query) == asked


@pytest.mark.parametrize(
    ("asked", "questions", "following"),
    [
        (Asked(), 1, "country"),
        (Asked("US"), 4, "insurance"),
        (Asked("US", "none"), 4, "product"),
        (Asked("US", "none", "unknown"), 4, "place"),
        (Asked("US", "none", "unknown", "home"), 4, None),
        (Asked("US", product="hyqvia"), 4, "insurance"),
        (Asked("JP"), 1, None),
        (Asked("JP", "medicare"), 1, None),
    ],
)
def test_insurance_product_and_place_are_asked_in_the_united_states_only(
    asked: Asked, questions: int, following: str | None
) -> None:
    assert (len(asked.questions), asked.next_question) == (questions, following)


@pytest.mark.parametrize(
    ("asked", "situation"),
    [
        (Asked("US", "medicare", "privigen", "home"), Situation("US", "medicare", "privigen", "home")),
        (Asked("US", product="unknown"), Situation("US")),
        (Asked(insurance="medicare"), Situation(insurance="medicare")),
        (Asked("JP", "medicare", "hyqvia", "home"), Situation("JP")),
    ],
)
def test_american_answers_do_not_count_elsewhere(asked: Asked, situation: Situation) -> None:
    assert asked.situation == situation


@pytest.mark.parametrize(
    ("asked", "federal", "off_label"),
    [
        (Asked("US", "medicare", "gammagard-liquid"), True, False),
        (Asked("US", "commercial", "hizentra"), False, True),
        (Asked("US", "va", "other"), True, False),
        (Asked("US", "tricare", "unknown"), True, False),
        (Asked(insurance="medicaid", product="hyqvia"), True, False),
        (Asked("GB", "medicare", "privigen"), False, False),
    ],
)
def test_what_the_notes_depend_on(asked: Asked, federal: bool, off_label: bool) -> None:
    assert (asked.has_federal_plan, asked.is_off_label) == (federal, off_label)
