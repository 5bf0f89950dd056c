"""The four questions of the page, read from its address; what is not understood is left out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from babel import Locale

from companion.domain import eligibility
from companion.domain.eligibility import Situation

QUESTIONS = ("country", "insurance", "product", "place")
COUNTRIES = ("US", "GB", "JP", "CA", "CN", "ZZ")
ELSEWHERE = "ZZ"
"""ISO 3166 keeps ZZ for a country that is not named."""
PRODUCTS = (*eligibility.PRODUCTS, "unknown")
ANSWERS: dict[str, tuple[str, ...]] = {
    "country": COUNTRIES,
    "insurance": eligibility.INSURANCES,
    "product": PRODUCTS,
    "place": eligibility.PLACES,
}


@dataclass(frozen=True)
class Asked:
    """What the person answered so far; None is a question not answered yet."""

    country: str | None = None
    insurance: str | None = None
    product: str | None = None
    place: str | None = None
    not_understood: tuple[str, ...] = ()

    @property
    def questions(self) -> tuple[str, ...]:
        """The questions that matter here: insurance, product and place only in the United States."""
        return QUESTIONS if self.country == "US" else QUESTIONS[:1]

    @property
    def next_question(self) -> str | None:
        """The first question without an answer."""
        return next((name for name in self.questions if getattr(self, name) is None), None)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was answered."""
        return all(getattr(self, name) is None for name in QUESTIONS)

    @property
    def given(self) -> dict[str, str]:
        """The answers, for a form or a link that keeps them."""
        answers = {name: getattr(self, name) for name in QUESTIONS}
        return {name: value for name, value in answers.items() if value is not None}

    @property
    def has_federal_plan(self) -> bool:
        """Whether a maker's copay card is out of the question."""
        return self._in_us and self.insurance in eligibility.FEDERAL_PLANS

    @property
    def is_off_label(self) -> bool:
        """Whether the US label of the product is known not to name MMN."""
        named = self.product not in (None, "other", "unknown")
        return self.country == "US" and named and self.product not in eligibility.MMN_ON_LABEL["US"]

    @property
    def situation(self) -> Situation:
        """What the rules compare. Outside the United States insurance, product and place do not count."""
        if not self._in_us:
            return Situation(country=self.country)
        product = None if self.product == "unknown" else self.product
        return Situation(self.country, self.insurance, product, self.place)

    @property
    def _in_us(self) -> bool:
        return self.country in (None, "US")


def asked_in(query: Mapping[str, str]) -> Asked:
    """The answers in an address. Case does not matter; what is not understood is named and left out."""
    asked = Asked()
    for name in QUESTIONS:
        text = query.get(name, "").strip()
        value = _country(text) if name == "country" else text.lower()
        if not text:
            continue
        if value in ANSWERS[name] or (name == "country" and value in _territories()):
            asked = _with_answer(asked, name, value)
        else:
            asked = replace(asked, not_understood=(*asked.not_understood, name))
    return asked


def _with_answer(asked: Asked, name: str, value: str) -> Asked:
    answers: dict[str, Any] = {name: value}
    return replace(asked, **answers)


def _country(text: str) -> str:
    return {"OTHER": ELSEWHERE, "UK": "GB"}.get(text.upper(), text.upper())


@cache
def _territories() -> frozenset[str]:
    return frozenset(str(code) for code in Locale("en").territories if len(str(code)) == 2)
