"""Touches of weak and trembling hands, made up with one seed: contacts with their own times, and what was meant."""

from dataclasses import dataclass, field
from math import cos, exp, log, pi, sin
from random import Random
from typing import Any

SEED = 20_261_128
WIDTH, HEIGHT = 150, 80
"""A tile of the check-in at 360 px."""
LONGEST_DRIFT, SHORTEST, LONGEST = 24, 30, 5000
MEANT = {"meant": 1, "left": 0, "brushed": 0}


@dataclass
class Sequence:
    """Contacts in the order of their times; `acts`: how often the target must act."""

    kind: str
    acts: int
    events: list[dict[str, Any]] = field(default_factory=list)

    def add(self, verb: str, contact: int, at: float, x: float, y: float, size: float, target: str | None) -> None:
        """One event; `inside`: whether the point lies in the tile."""
        inside = 0 <= x <= WIDTH and 0 <= y <= HEIGHT
        self.events.append(
            {"verb": verb, "id": contact, "at": at, "x": x, "y": y, "size": size, "target": target, "inside": inside}
        )


def sequences(count: int) -> list[Sequence]:
    """So many sequences: 80 of 100 are meant, the others leave the tile or only brush it."""
    rng = Random(SEED)
    return [_sequence(rng, rng.choices(("meant", "left", "brushed"), (80, 10, 10))[0]) for _ in range(count)]


def _sequence(rng: Random, kind: str) -> Sequence:
    made = Sequence(kind, MEANT[kind])
    lasts = exp(rng.uniform(log(SHORTEST), log(LONGEST))) if kind != "brushed" else rng.uniform(1, SHORTEST - 1)
    began = rng.uniform(2000, 4000)
    x, y, size = rng.uniform(1, WIDTH - 1), rng.uniform(1, HEIGHT - 1), rng.uniform(8, 55)
    made.add("down", 1, began, x, y, size, "tile")
    for step in range(1, rng.randint(2, 6)):
        dx, dy = _tremor(rng, x, y)
        made.add("move", 1, began + lasts * step / 6, x + dx, y + dy, size, "tile")
    dx, dy = _tremor(rng, x, y) if kind != "left" else (rng.choice((-1, 1)) * (WIDTH + 10), 0)
    made.add("up", 1, began + lasts, x + dx, y + dy, size, "tile")
    if kind == "meant":
        _more_contacts(rng, made, began, lasts)
        _tremble(rng, made, began + lasts, x, y)
    made.events.sort(key=lambda event: event["at"])
    return made


def _tremor(rng: Random, x: float, y: float) -> tuple[float, float]:
    """A move of 24 px at most that stays on the tile."""
    far, angle = rng.uniform(0, LONGEST_DRIFT), rng.uniform(0, 2 * pi)
    dx, dy = far * cos(angle), far * sin(angle)
    return min(max(x + dx, 0), WIDTH) - x, min(max(y + dy, 0), HEIGHT) - y


def _more_contacts(rng: Random, made: Sequence, began: float, lasts: float) -> None:
    """A palm that rests before, during or after the press, and knuckles beside it, also on a neighbour tile."""
    for contact in range(2, 2 + rng.choice((0, 0, 0, 1, 1, 2, 3))):
        palm = rng.random() < 0.5
        size = rng.uniform(70, 140) if palm else rng.uniform(8, 55)
        starts = began + (rng.uniform(-1500, 0.9 * lasts) if palm else rng.uniform(1, 0.9 * lasts))
        target = rng.choice((None, None, "neighbour", "tile"))
        where = rng.uniform(-60, -10) if target is None else rng.uniform(1, WIDTH)
        made.add("down", contact, starts, where, 40, size, target)
        ends = starts + rng.uniform(20, 2500)
        lifts_first = palm and target == "tile" and ends < began + lasts
        made.add("up", contact, began + lasts + 1 if lifts_first else ends, where, 40, size, target)


def _tremble(rng: Random, made: Sequence, ended: float, x: float, y: float) -> None:
    """The same finger touches once or twice more within 600 ms, without meaning to."""
    at = ended
    for contact in range(8, 8 + rng.choice((0, 0, 1, 1, 2))):
        at += rng.uniform(20, 120)
        made.add("down", contact, at, x, y, 20, "tile")
        at += rng.uniform(30, 150)
        made.add("up", contact, at, x, y, 20, "tile")
