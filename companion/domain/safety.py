"""When a check-in must ask how fast the change came, and which number calls help."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from companion.domain.measurements import fell_by

LOOK_BACK_DAYS = 3
FALL_THAT_ASKS = 2

_EU = frozenset(
    {"AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE"}
    | {"IT", "LV", "LT", "LU", "MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE"}
)

EMERGENCY_NUMBERS: dict[str, str] = {"US": "911", "CN": "120", "GB": "999"} | dict.fromkeys(_EU, "112")
"""Ambulance number by country, only where a source was read: US 911, mainland China 120, EU 112, UK 999."""

SHORT_LIST: tuple[tuple[str, str], ...] = (("US", "911"), ("CN", "120"), ("EU", "112"), ("GB", "999"))
"""What is shown while the country is not known: region and number."""


@dataclass(frozen=True)
class EarlierRating:
    """A rating of one hand on a local date, 4 like my best to 0 no strength; or one movement of one side in the
    steps of `hand_function.movement_step`, then `hand` names both.
    """

    hand: str
    on: date
    rating: int


def asks_when_it_came(
    today: date,
    earlier: Iterable[EarlierRating],
    ratings: Mapping[str, int | None],
    something_new: bool = False,
) -> bool:
    """Whether to ask "Did it come within minutes or hours?" after this check-in.

    Yes when something new was marked, or a hand is two or more steps below any entry of the last 3 local
    days (entries of the same day included). A hand without a rating asks nothing. A movement that was as usual
    and cannot be done now has fallen two steps too.
    Source: own rule. MMN is slow, so weakness within minutes or hours is handled as a possible stroke.
    """
    if something_new:
        return True
    since = today - timedelta(days=LOOK_BACK_DAYS)
    recent = [entry for entry in earlier if since <= entry.on <= today]
    return any(_fell_far(entry.rating, ratings.get(entry.hand)) for entry in recent)


def emergency_number(country: str | None) -> str | None:
    """The number to dial in a country (ISO code); None where it is not known: then show SHORT_LIST."""
    return EMERGENCY_NUMBERS.get((country or "").strip().upper())


def _fell_far(before: int, now: int | None) -> bool:
    return now is not None and fell_by(before, now) >= FALL_THAT_ASKS
