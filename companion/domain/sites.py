"""Places of the needle: veins, and the fields of the body map. Which place is right is for people to say.

Left is always the person's own left, and stands on the left of the screen, as in a mirror.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

VEIN_SITES: tuple[str, ...] = (
    *("hand_left", "hand_right", "forearm_left", "forearm_right"),
    *("elbow_left", "elbow_right", "port", "other"),
)
"""Where a needle for a vein was, left before right."""

SKIN_SITES: tuple[str, ...] = (
    *("arm_left", "arm_right"),
    *("abdomen_upper_left", "abdomen_upper_right"),
    *("abdomen_lower_left", "abdomen_lower_right"),
    *("hip_left", "hip_right"),
    *("thigh_left", "thigh_right"),
)
"""The fields of the body map from the top down, in pairs, left before right."""


@dataclass(frozen=True, slots=True)
class Rested:
    """A place of one's own and when it was last used; `last_on` is None where it never was."""

    site: str
    last_on: date | None


def own_sites(last_used: Mapping[str, date], picked: Collection[str]) -> list[str]:
    """The person's own places: those that were picked, else those used before; in the order of the body map."""
    own = set(picked) or set(last_used)
    return [site for site in SKIN_SITES if site in own]


def longest_rested(last_used: Mapping[str, date], picked: Collection[str] = ()) -> list[Rested]:
    """One's own places, the one that was not used for the longest time first. It counts days and judges nothing.

    A picked place that was never used comes first; on a tie the order of the body map holds.
    """
    own = [Rested(site, last_used.get(site)) for site in own_sites(last_used, picked)]
    return sorted(own, key=lambda rested: rested.last_on or date.min)


def last_used(uses: Iterable[tuple[str, date]]) -> dict[str, date]:
    """The last date of each place, from any number of uses in any order."""
    latest: dict[str, date] = {}
    for site, on in uses:
        latest[site] = max(on, latest.get(site, on))
    return latest
