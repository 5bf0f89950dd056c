"""Which programmes fit, and why not."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.domain import eligibility
from companion.domain.eligibility import BadProgramme, Match, Programme, Situation, match, situation_from

MAKER = Programme(
    id="maker",
    kind="copay-card",
    countries=("US",),
    insurances_allowed=("commercial",),
    products=("gammagard-liquid", "hyqvia"),
    on_label_products=("gammagard-liquid",),
)
STRICT = Programme(
    id="strict", kind="copay-card", countries=("US",), products=("privigen", "hizentra"), on_label_only=True
)
LOOSE = Programme(id="loose", kind="copay-card", countries=("US",), products=("panzyga",))
ABROAD = Programme(id="abroad", kind="copay-card", countries=("*",), products=("gammagard-liquid",))
FREE = Programme(id="free", kind="free-drug", countries=("US",), insurances_refused=("medicaid",))
FUND = Programme(
    id="fund",
    kind="foundation",
    countries=("US",),
    insurances_allowed=("commercial", "medicare", "medicaid", "tricare", "va"),
    on_label_only=True,
)
STATE = Programme(id="state", kind="public", countries=("JP",))
SAVINGS = Programme(id="savings", kind="public", countries=("US",), insurances_allowed=("medicare",), asks_more=True)
PEERS = Programme(id="peers", kind="patient-group", countries=("*",))
HOME = Programme(id="home", kind="public", countries=("GB",), places=("home",))

CASES = [
    (MAKER, ("US", "commercial", "gammagard-liquid", "clinic"), "likely", "fits", ()),
    (MAKER, ("US", "commercial", "gammagard-liquid", None), "likely", "fits", ()),
    (MAKER, ("US", "commercial", "hyqvia", "home"), "ask", "off_label_ask", ()),
    (MAKER, ("US", "commercial", "privigen", None), "no", "other_product", ()),
    (MAKER, ("US", "commercial", "other", None), "no", "other_product", ()),
    (MAKER, ("US", "medicare", "gammagard-liquid", None), "no", "federal_plan", ()),
    (MAKER, ("US", "medicaid", "gammagard-liquid", None), "no", "federal_plan", ()),
    (MAKER, ("US", "tricare", "gammagard-liquid", None), "no", "federal_plan", ()),
    (MAKER, ("US", "va", "gammagard-liquid", None), "no", "federal_plan", ()),
    (MAKER, ("US", "none", "gammagard-liquid", None), "no", "needs_commercial", ()),
    (MAKER, ("GB", "commercial", "gammagard-liquid", None), "no", "other_country", ()),
    (MAKER, ("US", None, "gammagard-liquid", None), "ask", "not_enough_answers", ("insurance",)),
    (MAKER, ("US", "commercial", None, None), "ask", "not_enough_answers", ("product",)),
    (MAKER, (None, "commercial", "gammagard-liquid", None), "ask", "not_enough_answers", ("country",)),
    (MAKER, (None,) * 4, "ask", "not_enough_answers", ("country", "insurance", "product")),
    (STRICT, ("US", "commercial", "privigen", None), "no", "off_label", ()),
    (STRICT, (None, "commercial", "hizentra", None), "no", "off_label", ()),
    (STRICT, ("US", "commercial", None, None), "ask", "not_enough_answers", ("product",)),
    (LOOSE, ("US", "commercial", "panzyga", None), "ask", "off_label_ask", ()),
    (LOOSE, ("US", "va", "panzyga", None), "no", "federal_plan", ()),
    (ABROAD, ("US", "commercial", "gammagard-liquid", None), "likely", "fits", ()),
    (ABROAD, ("DE", "commercial", "gammagard-liquid", None), "ask", "off_label_ask", ()),
    (ABROAD, (None, None, "gammagard-liquid", None), "ask", "not_enough_answers", ("country", "insurance")),
    (FREE, ("US", "none", "gammagard-liquid", None), "ask", "cover_not_confirmed", ()),
    (FREE, ("US", "medicaid", None, None), "no", "insurance_not_covered", ()),
    (FREE, ("US", None, None, None), "ask", "cover_not_confirmed", ("insurance",)),
    (FUND, ("US", "medicare", "gammagard-liquid", None), "ask", "fund_not_confirmed", ()),
    (FUND, ("US", "medicare", "privigen", None), "no", "off_label", ()),
    (FUND, ("US", "medicare", "other", None), "ask", "fund_not_confirmed", ("product",)),
    (FUND, ("US", "none", None, None), "no", "insurance_not_covered", ()),
    (STATE, ("JP", None, None, None), "likely", "fits", ()),
    (STATE, ("US", None, None, None), "no", "other_country", ()),
    (STATE, (None,) * 4, "ask", "not_enough_answers", ("country",)),
    (SAVINGS, ("US", "medicare", None, None), "ask", "more_questions", ()),
    (SAVINGS, ("US", "commercial", None, None), "no", "insurance_not_covered", ()),
    (PEERS, (None,) * 4, "likely", "fits", ()),
    (HOME, ("GB", None, None, "clinic"), "no", "other_place", ()),
    (HOME, ("GB", None, None, "home"), "likely", "fits", ()),
    (HOME, ("GB", None, None, None), "ask", "not_enough_answers", ("place",)),
]


@pytest.mark.parametrize(("programme", "answers", "kind", "reason", "missing"), CASES)
def test_match(
    programme: Programme, answers: tuple[str | None, ...], kind: str, reason: str, missing: tuple[str, ...]
) -> None:
    assert match(programme, Situation(*answers)) == Match(programme.id, kind, reason, missing)


def test_every_reason_is_reached_and_described() -> None:
    assert {case[3] for case in CASES} == set(eligibility.REASONS)


EVERY_SITUATION = [
    Situation(*answers)
    for answers in itertools.product(
        (None, "US", "GB", "JP", "CN"),
        (None, *eligibility.INSURANCES),
        (None, *eligibility.PRODUCTS),
        (None, *eligibility.PLACES),
    )
]


@pytest.mark.parametrize("programme", [MAKER, STRICT, LOOSE, ABROAD])
def test_a_copay_card_is_likely_only_for_the_labelled_product_with_commercial_insurance(
    programme: Programme,
) -> None:
    for situation in EVERY_SITUATION:
        if match(programme, situation).kind == "likely":
            assert (situation.country, situation.insurance) == ("US", "commercial")
            assert situation.product == "gammagard-liquid"
        if situation.insurance in eligibility.FEDERAL_PLANS:
            assert match(programme, situation).kind == "no"


@pytest.mark.parametrize("programme", [FREE, FUND])
def test_free_drug_and_foundations_are_never_likely(programme: Programme) -> None:
    assert "likely" not in {match(programme, situation).kind for situation in EVERY_SITUATION}


programmes = st.builds(
    Programme,
    id=st.just("any"),
    kind=st.sampled_from(eligibility.KINDS),
    countries=st.sampled_from([("US",), ("*",), ("GB", "US"), ("JP",)]),
    insurances_allowed=st.lists(st.sampled_from(eligibility.INSURANCES), max_size=3).map(tuple),
    insurances_refused=st.lists(st.sampled_from(eligibility.INSURANCES), max_size=3).map(tuple),
    products=st.lists(st.sampled_from(eligibility.PRODUCTS), max_size=3).map(tuple),
    on_label_only=st.booleans(),
    places=st.lists(st.sampled_from(eligibility.PLACES), max_size=2).map(tuple),
    asks_more=st.booleans(),
)


@given(programmes, st.sampled_from(EVERY_SITUATION))
def test_likely_leaves_no_question_open(programme: Programme, situation: Situation) -> None:
    found = match(programme, situation)
    assert found.reason in eligibility.REASONS
    if found.kind == "likely":
        assert found.missing == ()


@given(programmes, st.sampled_from(EVERY_SITUATION))
def test_forgetting_an_answer_never_helps(programme: Programme, situation: Situation) -> None:
    vague = Situation(country=situation.country, place=situation.place)
    if match(programme, vague).kind == "likely" and match(programme, situation).kind != "likely":
        assert match(programme, situation).reason in ("other_product", "insurance_not_covered", "off_label")
    if match(programme, situation).kind == "likely":
        assert match(programme, vague).kind in ("likely", "ask")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (("us", "Commercial", " privigen ", "HOME"), Situation("US", "commercial", "privigen", "home")),
        (("unknown", "unknown", "unknown", "unknown"), Situation()),
        ((None, None, None, None), Situation()),
        (("*", "", "other", "sofa"), Situation(product="other")),
        (("中国", "x", "x", "x"), Situation()),
        (("u1", "x", "x", "x"), Situation()),
    ],
)
def test_situation_from_raw_text(raw: tuple[str | None, ...], expected: Situation) -> None:
    assert situation_from(*raw) == expected


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "lottery"},
        {"insurances_allowed": ("gold",)},
        {"insurances_refused": ("gold",)},
        {"products": ("unknown",)},
        {"on_label_products": ("water",)},
        {"places": ("sofa",)},
        {"countries": ()},
        {"countries": ("usa",)},
        {"countries": ("us",)},
    ],
)
def test_a_bad_programme_is_refused_by_name(wrong: dict[str, object]) -> None:
    values: dict[str, object] = {"id": "odd-one", "kind": "public", "countries": ("US",), **wrong}
    with pytest.raises(BadProgramme, match="odd-one"):
        Programme(**values)  # type: ignore[arg-type]
