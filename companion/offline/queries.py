"""What a phone may keep of each circle: the next dates, and for those who check in the last fourteen days."""

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from companion.access import Standing
from companion.accounts.models import Account
from companion.checkins import queries as checkins
from companion.checkins.models import GRIP, HANDS, CheckIn
from companion.circles.models import Circle
from companion.circles.queries import contacts_of, country_now, language_of_patient
from companion.domain.safety import LOOK_BACK_DAYS, emergency_number
from companion.formatting import joined, quantity, start_words, weekday_date
from companion.infusions import queries as infusions
from companion.infusions.models import Infusion, InfusionDay
from companion.infusions.words import infusion_word
from companion.language import chosen_language
from companion.medical_cards import queries as cards

KEPT_DAYS = 14
MOST_CHECK_INS, MOST_INFUSIONS, MOST_CIRCLES = 60, 6, 5
CALLED = ("neurologist", "clinic", "after_hours")


@dataclass(frozen=True, slots=True)
class Days:
    """The days that a copy is about: today where check-ins are made, and at the circle's home."""

    here: date
    home: date


def circle_copy(standing: Standing, days: Days) -> dict[str, Any]:
    """One circle as far as the viewer may see it; a part without the right for it is not there at all."""
    circle, kept = standing.circle, about(standing)
    if standing.can("see_dates"):
        kept["infusions"] = next_infusions(circle, days.home)
    if standing.can("write_check_ins"):
        kept["contacts"] = numbers_to_call(circle)
    if standing.can("manage_dates"):
        kept["medical_card"] = medical_card(circle, days.home)
    if keeps_check_ins(standing):
        rows = own_check_ins(standing, days.here)
        kept["check_ins"] = [check_in_copy(row, days.here) for row in rows]
    if standing.can("write_check_ins"):
        kept["parts"] = sorted(circle.check_in_parts)
    return kept


def about(standing: Standing) -> dict[str, Any]:
    """What each member may know: which circle, what to do here, and which number helps where the patient is."""
    country = country_now(standing.circle)
    return {
        "id": standing.circle.public_id,
        "name": None if standing.is_patient else standing.circle.shown_name,
        "is_patient": standing.is_patient,
        "tz": standing.tz,
        "rights": sorted(standing.rights),
        "look_back_days": LOOK_BACK_DAYS,
        "emergency": {"country": country, "number": emergency_number(country)},
    }


def medical_card(circle: Circle, today: date) -> list[dict[str, Any]] | None:
    """The card in both languages, for those who may see its page; None until something was entered for it."""
    if cards.card_of(circle) is None:
        return None
    return [asdict(face) for face in cards.faces_of(circle, today, language_of_patient(circle) or chosen_language())]


def keeps_check_ins(standing: Standing) -> bool:
    """Whether this reader's phone keeps check-ins: only of who writes them, and may see them."""
    return standing.can("see_check_ins") and standing.can("write_check_ins")


def own_check_ins(standing: Standing, today: date) -> list[CheckIn]:
    """The last fourteen days: a patient's all, of everyone else the ones that they entered. Newest first."""
    rows = checkins.check_ins_between(standing.circle, today - timedelta(days=KEPT_DAYS - 1), today)
    mine = [row for row in rows if standing.is_patient or row.account_id == standing.account.id]
    return mine[:MOST_CHECK_INS]


def check_in_copy(row: CheckIn, today: date) -> dict[str, Any]:
    """Ratings, the best grip, and what a form needs to change the rest. Notes stay at home.

    Movements, in steps, are there while the safety question compares with them.
    """
    return {
        "id": row.public_id,
        "version": row.version,
        "more": further_answers(row),
        "on": row.on.isoformat(),
        "day": weekday_date(row.on),
        "left": row.left_rating,
        "right": row.right_rating,
        "grip": best_grip(row),
        "movements": movement_steps(row) if row.on >= today - timedelta(days=LOOK_BACK_DAYS) else {},
        "repeated": row.repeated,
    }


def movement_steps(row: CheckIn) -> dict[str, int]:
    """The movements of a check-in as `domain.safety` compares them."""
    steps = checkins.safety_steps(row)
    return {what: step for what, step in steps.items() if what not in HANDS and step is not None}


def further_answers(row: CheckIn) -> dict[str, list[str]]:
    """What else was answered, as the fields of the form send it: a change on the phone must not lose it.

    Movements and everyday hands are left out: a form that does not ask for them leaves them alone.
    """
    said = {name: _as_sent(value) for name, value in checkins.stored_answers(row).items() if value not in (None, "")}
    meter = next((one.device.public_id for one in row.grips if one.device), None)
    elsewhere = ("left_rating", "right_rating")
    kept = {n: v for n, v in said.items() if v and n not in elsewhere and not n.startswith(("movement_", "daily_"))}
    return kept | ({"device": [meter]} if meter else {})


def _as_sent(value: Any) -> list[str]:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Decimal):
        return [f"{value.normalize():f}"]
    return ["1" if value is True else str(value)]


def best_grip(row: CheckIn) -> dict[str, str]:
    """The best try of each hand in words; a hand without a number is left out."""
    best: dict[str, str] = {}
    for hand in HANDS:
        tries = [m for m in row.measurements if m.hand == hand and m.kind == GRIP and m.value is not None]
        if tries:
            first = max(tries, key=lambda m: m.value or 0)
            best[hand] = quantity(first.value, first.unit or "")
    return best


def next_infusions(circle: Circle, today: date) -> list[dict[str, Any]]:
    """The next courses in the reader's words, with the date that "in 6 days" is counted from."""
    return [infusion_copy(one, today) for one in infusions.upcoming_infusions(circle, today)[:MOST_INFUSIONS]]


def infusion_copy(infusion: Infusion, today: date) -> dict[str, Any]:
    """One course and the day of it that is next."""
    days = [day for day in infusion.days if not day.is_answered and day.planned_on >= today]
    day: InfusionDay = days[0] if days else infusion.days[0]
    return {
        "on": day.planned_on.isoformat(),
        "day": weekday_date(day.planned_on),
        "title": infusion_word(infusion),
        "facts": joined([words for words in (start_words(day), infusion.shown_place) if words]),
        "booked": infusion.certainty == "booked",
    }


def numbers_to_call(circle: Circle) -> list[dict[str, Any]]:
    """Whom the safety question offers to call, the neurologist first."""
    contacts = contacts_of(circle)
    found = (contacts[kind] for kind in CALLED if kind in contacts and contacts[kind].phone)
    return [{"kind": one.kind, "name": one.name, "phone": one.phone} for one in found]


def standings_of(account: Account, memberships: list[Any]) -> list[Standing]:
    """The viewer's places, at most five: a phone is no archive."""
    return [Standing(account, membership) for membership in memberships[:MOST_CIRCLES]]


def circles_to_write_in(memberships: list[Any]) -> list[str]:
    """Every circle that takes check-ins from this reader; what waits on a phone for another one is of no use."""
    return sorted(m.circle.public_id for m in memberships if "write_check_ins" in m.rights)
