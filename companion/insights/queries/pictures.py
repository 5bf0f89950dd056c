"""One hand over some weeks as a picture: a line that keeps its gaps, or bars, on a round scale."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from math import ceil, floor

from companion.checkins.queries import DayValue

BEST_RATING = 4
MOST_INTERVALS = 4
STEPS = tuple(Decimal(step) for step in ("0.5", "1", "2", "5", "10", "20", "50", "100", "200"))
NARROWEST = Decimal("0.6")
"""The scale of a hand reaches at least down to this share of its highest value: small changes must not look large."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The sheet that a picture is drawn on: its size, the edges of the field, and where dates and numbers go."""

    width: int = 300
    height: int = 164
    left: int = 38
    right: int = 288
    top: int = 14
    bottom: int = 124
    dates_y: int = 158
    numbers_x: int = 30


FRAME = Frame()


@dataclass(frozen=True, slots=True)
class Window:
    """The local days of a picture, both ends included."""

    first_on: date
    last_on: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last_on - self.first_on).days + 1

    def holds(self, on: date) -> bool:
        """Whether a day is in it."""
        return self.first_on <= on <= self.last_on

    def x(self, on: date) -> float:
        """Where a day stands across the picture."""
        return round(FRAME.left + (FRAME.right - FRAME.left) * (on - self.first_on).days / (self.days - 1), 1)


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across the picture and its number."""

    y: float
    value: Decimal


@dataclass(frozen=True, slots=True)
class Picture:
    """One hand: `path` joins neighbouring days only, `dots` marks each day; both are empty without a value."""

    hand: str
    values: Sequence[DayValue]
    path: str = ""
    dots: str = ""
    ticks: Sequence[Tick] = ()
    last_y: float = 0
    last_x: float = 0
    cannot_days: int = 0

    @property
    def lowest(self) -> Decimal:
        """The lowest value of a day."""
        return min(each.value for each in self.values)

    @property
    def highest(self) -> Decimal:
        """The highest value of a day."""
        return max(each.value for each in self.values)

    @property
    def latest(self) -> DayValue:
        """The newest day with a value."""
        return self.values[-1]

    @property
    def most_often(self) -> Decimal:
        """The commonest value; of equally common ones the newest."""
        counts = Counter(each.value for each in reversed(self.values))
        return counts.most_common(1)[0][0]


def grip_picture(hand: str, values: Sequence[DayValue], window: Window, cannot_days: int = 0) -> Picture:
    """A line for a hand, in the unit of its device. Days without a number are left open."""
    if not values:
        return Picture(hand, values, cannot_days=cannot_days)
    ticks = scale([each.value for each in values])
    low, high = ticks[0].value, ticks[-1].value
    points = {each.on: (window.x(each.on), height_of(each.value, low, high)) for each in values}
    last_x, last_y = points[values[-1].on]
    path = "".join(_joined(points[on] for on in run) for run in runs(list(points)) if len(run) > 1)
    return Picture(hand, values, path, _dotted(points.values()), ticks, last_y, last_x, cannot_days)


def rating_picture(hand: str, values: Sequence[DayValue], window: Window, cannot_days: int = 0) -> Picture:
    """A bar a day with a head for the ratings of a hand, from 0 at the bottom to "like my best" at the top."""
    ticks = [
        Tick(height_of(Decimal(n), Decimal(0), Decimal(BEST_RATING)), Decimal(n)) for n in range(BEST_RATING + 1)
    ]
    tops = [(window.x(each.on), min(ticks[int(each.value)].y, FRAME.bottom - 2.0)) for each in values]
    path = "".join(f"M{x} {FRAME.bottom}V{y}" for x, y in tops)
    return Picture(hand, values, path, _dotted(tops), ticks, cannot_days=cannot_days)


def scale(values: Sequence[Decimal]) -> list[Tick]:
    """Round numbers from below the lowest value to above the highest one, two to five of them."""
    highest = max(values)
    lowest = min(*values, highest * NARROWEST)
    ends = ((step, floor(lowest / step), ceil(highest / step)) for step in STEPS)
    step, first, last = next(end for end in ends if end[2] - end[1] <= MOST_INTERVALS)
    numbers = [step * n for n in range(first, max(last, first + 1) + 1)]
    return [Tick(height_of(number, numbers[0], numbers[-1]), number) for number in numbers]


def height_of(value: Decimal, low: Decimal, high: Decimal) -> float:
    """Where a value stands between the bottom (`low`) and the top (`high`) of the picture."""
    return round(FRAME.bottom - (FRAME.bottom - FRAME.top) * float((value - low) / (high - low)), 1)


def runs(days: Sequence[date]) -> list[list[date]]:
    """Days in order, cut wherever a day is missing."""
    by_start = groupby(enumerate(days), key=lambda pair: pair[1] - timedelta(days=pair[0]))
    return [[on for _, on in run] for _, run in by_start]


def _joined(points: Iterable[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in points)


def _dotted(points: Iterable[tuple[float, float]]) -> str:
    """Lines of no length: their caps are the dots."""
    return "".join(f"M{x} {y}h0" for x, y in points)
