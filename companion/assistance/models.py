"""One entry of the directory of programmes, as its file must have it."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator
from pydantic.functional_validators import AfterValidator

from companion.domain import eligibility

FORBIDDEN = re.compile(r"[$€£¥￥]|\bUSD\b|you qualify|you are eligible|您符合|您有资格", re.IGNORECASE)
"""No amounts that nobody verified, and never a promise that someone qualifies."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Address = Annotated[str, StringConstraints(pattern=r"^https?://[a-z0-9.-]+\.[a-z]{2,}(/\S*)?$")]


def _plain(text: str) -> str:
    if FORBIDDEN.search(text):
        raise ValueError("no amounts of money and no promise that someone qualifies")
    return text


PlainText = Annotated[Text, AfterValidator(_plain)]


class Part(BaseModel):
    """A piece of the file: no unknown keys, never changed after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(Part):
    """The same words in both languages."""

    en: PlainText
    zh: PlainText

    @field_validator("zh")
    @classmethod
    def is_chinese(cls, text: str) -> str:
        """Chinese words hold at least one Chinese character."""
        if not re.search(r"[一-鿿]", text):
            raise ValueError("no Chinese in it")
        return text

    def in_language(self, language: str) -> str:
        """The words of `en` or `zh`."""
        return self.zh if language == "zh" else self.en


class Source(Part):
    """Where it was read, and how old that page is."""

    title: Text
    url: Address
    age: Words


class Entry(Part):
    """A programme: what the page says about it and what the rules need of it."""

    id: Slug
    name: Text
    name_lang: Literal["en", "ja"] = "en"
    kind: str
    countries: tuple[str, ...] = Field(min_length=1)
    insurances_allowed: tuple[str, ...] = ()
    insurances_refused: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    on_label_products: tuple[str, ...] = ()
    on_label_only: bool = False
    places: tuple[str, ...] = ()
    asks_more: bool = False
    run_by: Words
    pays: Words
    who_can: Words
    ask_first: Words
    how_to_apply: Words
    website: Address
    phone: Text | None = None
    phone_dial: Annotated[str, StringConstraints(pattern=r"^\+[1-9]\d{6,14}$")] | None = None
    phone_verified: bool = False
    phone_seen: Words | None = None
    certainty: Literal["terms", "page", "name"]
    source: Source
    checked_on: date
    stale_after_days: int = Field(ge=1, le=730)

    @field_validator("kind", "countries", "insurances_allowed", "insurances_refused", "products", "places")
    @classmethod
    def is_known(cls, value: Any, info: Any) -> Any:
        """Only the words that the rules of eligibility know."""
        known = _KNOWN[info.field_name]
        for one in (value,) if isinstance(value, str) else value:
            if not known(one):
                raise ValueError(f"{one!r} is not known")
        return value

    @model_validator(mode="after")
    def phone_is_verified(self) -> "Entry":
        """A number is shown only when it was read on a page of its owner, and says where."""
        if self.phone and not (self.phone_verified and self.phone_dial and self.phone_seen):
            raise ValueError("phone: needs phone_verified = true, phone_dial and phone_seen")
        if self.phone_verified and not self.phone:
            raise ValueError("phone_verified: there is no phone")
        return self

    @property
    def rules(self) -> eligibility.Programme:
        """What `domain.eligibility` compares."""
        return eligibility.Programme(
            id=self.id,
            kind=self.kind,
            countries=self.countries,
            insurances_allowed=self.insurances_allowed,
            insurances_refused=self.insurances_refused,
            products=self.products,
            on_label_products=self.on_label_products,
            on_label_only=self.on_label_only,
            places=self.places,
            asks_more=self.asks_more,
        )

    def is_stale(self, on: date) -> bool:
        """Whether the entry is due for another look on a date."""
        return on > self.checked_on + timedelta(days=self.stale_after_days)


_KNOWN: dict[str, Callable[[str], object]] = {
    "kind": eligibility.KINDS.__contains__,
    "countries": re.compile(r"[A-Z]{2}|\*").fullmatch,
    "insurances_allowed": eligibility.INSURANCES.__contains__,
    "insurances_refused": eligibility.INSURANCES.__contains__,
    "products": eligibility.PRODUCTS.__contains__,
    "places": eligibility.PLACES.__contains__,
}
