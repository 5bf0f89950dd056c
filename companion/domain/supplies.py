"""What is at home: which bottle goes first, how far it lasts, and when it runs low."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

EXPIRES_SOON = timedelta(days=14)
"""From so long before its last day of use a bottle is named in reminders."""


class NotEnough(ValueError):
    """More was to be taken than there is; `there` says how many are."""

    def __init__(self, there: int) -> None:
        super().__init__(str(there))
        self.there = there


@dataclass(frozen=True)
class Held:
    """So many pieces of one lot and expiry; both may be unknown."""

    id: int
    count: int
    expires_on: date | None = None
    received_on: date | None = None


@dataclass(frozen=True)
class Taken:
    """So many pieces out of one `Held`."""

    id: int
    count: int


def in_order_of_use(held: Iterable[Held]) -> list[Held]:
    """Those that are there, the earliest expiry first; an unknown expiry last, the older first."""
    there = [one for one in held if one.count > 0]
    return sorted(there, key=lambda one: (one.expires_on or date.max, one.received_on or date.max, one.id))


def take(held: Iterable[Held], count: int) -> list[Taken]:
    """What to take for `count` pieces, in order of use. Raises NotEnough."""
    taken, wanted = list[Taken](), count
    ordered = in_order_of_use(held)
    if count > sum(one.count for one in ordered):
        raise NotEnough(sum(one.count for one in ordered))
    for one in ordered:
        if wanted > 0:
            taken.append(Taken(one.id, min(one.count, wanted)))
            wanted -= taken[-1].count
    return taken


def usual_count(uses: Sequence[int]) -> int | None:
    """How many one infusion takes: what the last one took; None where none took any."""
    return uses[0] if uses and uses[0] > 0 else None


def lasts_for(count: int, each: int | None) -> int | None:
    """How many infusions the pieces last for; None where nobody knows how many one takes."""
    return count // each if each else None


def is_low(count: int, low_at: int | None, each: int | None) -> bool:
    """Whether to say that it runs low: at or under the person's own limit; without one, when it does not last for
    two more infusions; without both, never: nobody said how many are needed."""
    if low_at is not None:
        return count <= low_at
    lasts = lasts_for(count, each)
    return lasts is not None and lasts < 2


def past_date(held: Iterable[Held], on: date) -> list[Held]:
    """Those that are there and whose last day of use is over."""
    return [one for one in held if one.count > 0 and one.expires_on is not None and one.expires_on < on]
