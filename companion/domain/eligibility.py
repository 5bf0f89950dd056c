"""Which programmes may help with costs: insurance, product, country and label compared, with the reason."""

from dataclasses import dataclass

KINDS: tuple[str, ...] = ("copay-card", "free-drug", "foundation", "public", "patient-group")
INSURANCES: tuple[str, ...] = ("commercial", "medicare", "medicaid", "tricare", "va", "none")
PRODUCTS: tuple[str, ...] = (
    "gammagard-liquid",
    "hyqvia",
    "privigen",
    "hizentra",
    "gamunex-c",
    "octagam-10",
    "panzyga",
    "other",
)
PLACES: tuple[str, ...] = ("home", "clinic")

FEDERAL_PLANS: frozenset[str] = frozenset({"medicare", "medicaid", "tricare", "va"})
"""Plans that a maker's copay card may not be used with (OIG Special Advisory Bulletin, September 2014)."""

MMN_ON_LABEL: dict[str, frozenset[str]] = {
    "US": frozenset({"gammagard-liquid"}),
    "JP": frozenset({"hyqvia"}),
}
"""Products whose label names MMN, by country (gammagard.com; takeda.com/jp, 24 June 2025)."""

REASONS: dict[str, str] = {
    "fits": "Country, insurance, product and label all fit what is known of the programme.",
    "other_country": "The programme does not serve this country.",
    "federal_plan": "A maker's copay card cannot be used with a federal plan.",
    "needs_commercial": "The programme needs commercial insurance.",
    "insurance_not_covered": "The programme does not take this kind of insurance.",
    "other_product": "The programme is for other products.",
    "off_label": "The programme pays only for uses on the label, and this label does not name MMN.",
    "off_label_ask": "The label of this product does not name MMN; the programme's rule is not known.",
    "other_place": "The programme is for treatment in another place.",
    "fund_not_confirmed": "No fund for MMN could be confirmed.",
    "cover_not_confirmed": "It could not be confirmed that the programme covers this product for MMN.",
    "more_questions": "It depends on things not asked here, such as income.",
    "not_enough_answers": "Some answers are missing.",
}
"""Every reason code of a match and its meaning; the words on the page belong to the assistance feature."""

ANY_COUNTRY = "*"


class BadProgramme(ValueError):
    """Raised for a programme with a kind, insurance, product, place or country that does not exist."""


@dataclass(frozen=True)
class Programme:
    """What the rules need of one programme; an empty tuple is "no limit known", ("*",) is any country."""

    id: str
    kind: str
    countries: tuple[str, ...]
    insurances_allowed: tuple[str, ...] = ()
    insurances_refused: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    on_label_products: tuple[str, ...] = ()
    """Which of the products the programme counts as on label for MMN; empty: the label table decides."""
    on_label_only: bool = False
    """True when its terms were read and refuse off-label use; False when that rule is not known."""
    places: tuple[str, ...] = ()
    asks_more: bool = False
    """True when it also looks at income or another thing that is not asked here."""

    def __post_init__(self) -> None:
        _only((self.kind,), KINDS, self.id)
        _only(self.insurances_allowed + self.insurances_refused, INSURANCES, self.id)
        _only(self.products + self.on_label_products, PRODUCTS, self.id)
        _only(self.places, PLACES, self.id)
        if not self.countries or not all(_is_country(country) for country in self.countries):
            raise BadProgramme(f"{self.id}: countries {self.countries!r}")


@dataclass(frozen=True)
class Situation:
    """What the person answered; None is "not known"."""

    country: str | None = None
    insurance: str | None = None
    product: str | None = None
    place: str | None = None


@dataclass(frozen=True)
class Match:
    """How one programme fits: likely, ask or no, why, and which answers would make it clearer."""

    programme_id: str
    kind: str
    reason: str
    missing: tuple[str, ...] = ()


def situation_from(
    country: str | None = None,
    insurance: str | None = None,
    product: str | None = None,
    place: str | None = None,
) -> Situation:
    """A situation from raw text such as query parameters; anything not understood counts as not known."""
    code = (country or "").strip().upper()
    return Situation(
        country=code if _is_country(code) and code != ANY_COUNTRY else None,
        insurance=_known(insurance, INSURANCES),
        product=_known(product, PRODUCTS),
        place=_known(place, PLACES),
    )


def match(programme: Programme, situation: Situation) -> Match:
    """How a programme fits a situation, with the reason code that decided.

    A sure refusal wins over a doubt, and a doubt over "likely": what is not known never makes a match likely.
    Sources: OIG Special Advisory Bulletin September 2014 (federal plans); product labels; programme terms.
    """
    refusal = _refusal(programme, situation)
    if refusal:
        return Match(programme.id, "no", refusal)
    missing = _missing(programme, situation)
    doubt = _doubt(programme, situation) or ("not_enough_answers" if missing else None)
    if doubt:
        return Match(programme.id, "ask", doubt, missing)
    return Match(programme.id, "likely", "fits")


def is_on_label(programme: Programme, product: str, country: str | None) -> bool:
    """Whether the label of the product names MMN in the country and the programme does not say otherwise."""
    named = product in MMN_ON_LABEL.get(country or "", frozenset())
    return named and (not programme.on_label_products or product in programme.on_label_products)


def _refusal(programme: Programme, situation: Situation) -> str | None:
    checks = (_country_refused, _insurance_refused, _product_refused, _place_refused)
    return next((reason for check in checks if (reason := check(programme, situation))), None)


def _country_refused(programme: Programme, situation: Situation) -> str | None:
    if situation.country is None or ANY_COUNTRY in programme.countries:
        return None
    return None if situation.country in programme.countries else "other_country"


def _insurance_refused(programme: Programme, situation: Situation) -> str | None:
    insurance = situation.insurance
    if insurance is None:
        return None
    if programme.kind == "copay-card" and insurance != "commercial":
        return "federal_plan" if insurance in FEDERAL_PLANS else "needs_commercial"
    allowed = programme.insurances_allowed or INSURANCES
    if insurance in programme.insurances_refused or insurance not in allowed:
        return "insurance_not_covered"
    return None


def _product_refused(programme: Programme, situation: Situation) -> str | None:
    product = situation.product
    if product is None:
        return None
    if programme.products and product not in programme.products:
        return "other_product"
    if programme.on_label_only and _on_label(programme, situation) is False:
        return "off_label"
    return None


def _place_refused(programme: Programme, situation: Situation) -> str | None:
    if situation.place is None or not programme.places or situation.place in programme.places:
        return None
    return "other_place"


def _doubt(programme: Programme, situation: Situation) -> str | None:
    if programme.kind == "foundation":
        return "fund_not_confirmed"
    if programme.kind == "free-drug":
        return "cover_not_confirmed"
    if programme.kind == "copay-card" and _on_label(programme, situation) is False:
        return "off_label_ask"
    return "more_questions" if programme.asks_more else None


def _on_label(programme: Programme, situation: Situation) -> bool | None:
    """Whether the use is on label; None while the product or the country of the label is not known."""
    country = situation.country
    if country is None and len(programme.countries) == 1:
        country = programme.countries[0]
    if situation.product in (None, "other") or country in (None, ANY_COUNTRY):
        return None
    return is_on_label(programme, str(situation.product), country)


def _missing(programme: Programme, situation: Situation) -> tuple[str, ...]:
    """The unanswered questions that bear on this programme, in the order of the form."""
    copay_card = programme.kind == "copay-card"
    matters = {
        "country": copay_card or ANY_COUNTRY not in programme.countries,
        "insurance": copay_card or bool(programme.insurances_allowed or programme.insurances_refused),
        "product": copay_card or bool(programme.products) or programme.on_label_only,
        "place": bool(programme.places),
    }
    missing = [name for name, it_matters in matters.items() if it_matters and not getattr(situation, name)]
    if matters["product"] and situation.product == "other":
        missing.append("product")
    return tuple(missing)


def _known(text: str | None, allowed: tuple[str, ...]) -> str | None:
    value = (text or "").strip().lower()
    return value if value in allowed else None


def _is_country(code: str) -> bool:
    return code == ANY_COUNTRY or (len(code) == 2 and code.isascii() and code.isalpha() and code.isupper())


def _only(values: tuple[str, ...], allowed: tuple[str, ...], programme_id: str) -> None:
    for value in values:
        if value not in allowed:
            raise BadProgramme(f"{programme_id}: {value!r}")
