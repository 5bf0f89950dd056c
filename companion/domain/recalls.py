"""Recall notices: which recorded lots a pasted text names, for sure or perhaps."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

LOOK_ALIKES = str.maketrans("OILBSZ", "011852")
"""Characters that eyes and scanners take for each other: O and 0, I, L and 1, B and 8, S and 5, Z and 2."""

SHORTEST_SPACED = 4
"""A shorter lot written with a space inside may be two words, and is only perhaps a lot."""
SHORTEST_ALIKE = 4
SHORTEST_ONE_OFF = 6
"""One character may be missing or too many only in lots of this length; a changed one is another lot."""

_DASHES = "-\u2010-\u2015\u2212"
_GLUED_WORD = re.compile(r"(?<![A-Z0-9])(LOT|BATCH)(?=\d)")
"""The word before a number that stands without a space, as `vial_labels` reads it too: LOT12345 is lot 12345."""
_WORD = re.compile(rf"[A-Z0-9]+(?:[{_DASHES}][A-Z0-9]+)*")
_LAST_LATIN = "\u2e80"
_TOKEN = r"[A-Z0-9]+(?:[-/.][A-Z0-9]+)*"
_NOT_AN_AMOUNT = r"(?!\s*(?:G|MG|ML|L|%)\b)"
_TO = r"\s*(?:\bTO\b|\bTHROUGH\b|\bTHRU\b|\bUNTIL\b|\bAND UP TO\b|至|到)\s*(?:(?:LOT|BATCH|批号)\W*)?"
_STROKE = r"(?:\s*(?:[~\u301c\u2010-\u2015\u2212]|\.{2,})\s*|\s+-\s+)"
_SPAN = re.compile(
    rf"(?<![A-Z0-9])(?<![A-Z0-9][-/.])({_TOKEN})({_TO}|{_STROKE})({_TOKEN})(?![A-Z0-9]){_NOT_AN_AMOUNT}"
)
_HYPHENED = re.compile(r"(?<![A-Z0-9/.-])([A-Z0-9]+)-([A-Z0-9]+)(?![A-Z0-9/.-])")
_MASK = re.compile(r"(?<![A-Z0-9])[A-Z]{0,20}\d[A-Z0-9]{1,40}?(?:X{2,}(?![A-Z0-9])|[*?]+)")
_DATE = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}|\d{1,2}[-/.]\d{4}|\d{4}[-/.]\d{1,2}")
_ALL_LOTS = re.compile(
    r"\b(?:ALL|ANY|EVERY)\s+(?:\w+\s+){0,2}(?:LOTS?|BATCH(?:ES)?)\b(?!\s+(?:NUMBERS?\s+)?(?:LISTED|BELOW|ABOVE|SHOWN|NAMED))"
    r"|(?:所有|全部)[^\n。，]{0,6}批"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a notice says about the recorded lots.

    `exact` and `maybe` go from a recorded lot (normal form) to how the notice writes it. `ranges` are spans and
    masks such as "LF4100A to LF4120A" or "LF41XX", which are never worked out. `all_lots`: it may mean every lot.
    """

    exact: Mapping[str, str] = field(default_factory=dict)
    maybe: Mapping[str, str] = field(default_factory=dict)
    ranges: tuple[str, ...] = ()
    all_lots: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it names lots in a way that a person must read."""
        return bool(self.ranges) or self.all_lots


def read_notice(text: str, lots: Iterable[str]) -> Reading:
    """Match a pasted text against recorded lots, given in their normal form (`lots.normalise`).

    Exact: the lot stands in the text as a word of its own, however it is spaced, dashed or cased, on one line.
    Maybe: it runs over a line or column, stands inside a longer word, has a look-alike character (LOOK_ALIKES),
    or lacks one character or has one too many. Source: own rule; a doubtful lot is shown, never left out.
    """
    notice, by_shape = _Notice(text), _by_shape(lots)
    exact: dict[str, str] = {}
    maybe: dict[str, str] = {}
    for hit in _hits(notice, by_shape):
        grade = _grade(notice, hit)
        if grade is not None:
            (exact if grade else maybe).setdefault(hit.lot, notice.written(hit.start, hit.stop))
    for lot, word in _one_off(notice.plain, by_shape):
        maybe.setdefault(lot, word)
    maybe = {lot: seen for lot, seen in maybe.items() if lot not in exact}
    return Reading(exact, maybe, tuple(_ranges(notice.plain)), _ALL_LOTS.search(notice.plain) is not None)


class _Notice:
    """The text in plain capitals, and the same without spaces and dashes, each character with its place."""

    def __init__(self, text: str) -> None:
        capitals = unicodedata.normalize("NFKC", text).upper()
        seen = "".join(c for c in capitals if c.isspace() or unicodedata.category(c) not in ("Cf", "Cc"))
        self.plain = _GLUED_WORD.sub(r"\1 ", seen)
        self.at = [place for place, char in enumerate(self.plain) if not _is_space_or_dash(char)]
        self.chars = "".join(self.plain[place] for place in self.at)
        self.shape = _shape(self.chars)

    def written(self, start: int, stop: int) -> str:
        """A piece as the notice writes it."""
        return self.plain[self.at[start] : self.at[stop - 1] + 1]

    def stands_alone(self, start: int, stop: int) -> bool:
        """Whether no letter or digit touches the piece on either side."""
        first, last = self.at[start], self.at[stop - 1]
        touched_before = first > 0 and _touch(self.plain[first - 1], self.plain[first])
        touched_after = last + 1 < len(self.plain) and _touch(self.plain[last], self.plain[last + 1])
        return not (touched_before or touched_after)


@dataclass(frozen=True, slots=True)
class _Hit:
    lot: str
    start: int
    stop: int


def _hits(notice: _Notice, by_shape: Mapping[str, list[str]]) -> Iterator[_Hit]:
    """Every piece of the text that has the shape of a lot: one look-up for each place and length."""
    for length in sorted({len(shape) for shape in by_shape}):
        for start in range(len(notice.shape) - length + 1):
            for lot in by_shape.get(notice.shape[start : start + length], ()):
                yield _Hit(lot, start, start + length)


def _grade(notice: _Notice, hit: _Hit) -> bool | None:
    """True for an exact match, False for a maybe, None where it is only a likeness of parts of words."""
    piece, written = notice.chars[hit.start : hit.stop], notice.written(hit.start, hit.stop)
    size, has_digit = len(piece), any(char.isdigit() for char in piece)
    alone, spaced = notice.stands_alone(hit.start, hit.stop), any(char.isspace() for char in written)
    if piece == hit.lot:
        if alone:
            return not any(char in "\n\t\v\f\r\x85\u2028\u2029" for char in written) and (
                not spaced or size >= SHORTEST_SPACED
            )
        return False if size >= SHORTEST_ONE_OFF and has_digit and not spaced else None
    return False if alone and has_digit and size >= (SHORTEST_ONE_OFF if spaced else SHORTEST_ALIKE) else None


def _one_off(plain: str, by_shape: Mapping[str, list[str]]) -> Iterator[tuple[str, str]]:
    """Recorded lots that a word of the text misses by one character."""
    long = {shape: lots for shape, lots in by_shape.items() if len(shape) >= SHORTEST_ONE_OFF}
    shortened: dict[str, list[str]] = defaultdict(list)
    for shape, lots in long.items():
        for shorter in _without_one(shape):
            shortened[shorter] += lots
    longest = max(map(len, long), default=0) + 1
    for word in _words(plain):
        shape = _shape("".join(char for char in word if char.isalnum()))
        if SHORTEST_ONE_OFF - 1 <= len(shape) <= longest and any(char.isdigit() for char in word):
            yield from ((lot, word) for lot in shortened.get(shape, ()))
            yield from ((lot, word) for shorter in _without_one(shape) for lot in long.get(shorter, ()))


def _words(plain: str) -> list[str]:
    """The different words of the text, and the parts of those with dashes."""
    whole = dict.fromkeys(_WORD.findall(plain))
    parts = (part for word in whole for part in re.split(f"[{_DASHES}]", word))
    return list(whole | dict.fromkeys(parts))


def _without_one(text: str) -> set[str]:
    return {text[:place] + text[place + 1 :] for place in range(len(text))}


def _by_shape(lots: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for lot in sorted({lot for lot in lots if lot}):
        found[_shape(lot)].append(lot)
    return dict(found)


def _shape(text: str) -> str:
    """The text with one character for each group of look-alikes."""
    return text.translate(LOOK_ALIKES)


def _ranges(plain: str) -> Iterator[str]:
    """Spans and masks of lots, as the notice writes them, each once."""
    spans = [m for m in _SPAN.finditer(plain) if _is_span(m[1], m[3], may_be_short=m[2].strip()[:1].isalpha())]
    spans += [m for m in _HYPHENED.finditer(plain) if _is_span(m[1], m[2], may_be_short=False)]
    found = [*spans, *(m for m in _MASK.finditer(plain) if len(m[0]) >= SHORTEST_SPACED)]
    yield from dict.fromkeys(" ".join(m[0].split()) for m in sorted(found, key=lambda m: m.start()))


def _is_span(first: str, last: str, *, may_be_short: bool) -> bool:
    """Whether two words can be the ends of a span of lots; the last may be cut to its end ("LF4100 to 4120")."""
    if first == last or _DATE.fullmatch(first) or not any(char.isdigit() for char in first):
        return False
    one, other = _pattern(first), _pattern(last)
    if len(one) < 5 or "9" not in other:
        return False
    return one == other or (may_be_short and len(other) >= 3 and one.endswith(other))


def _pattern(text: str) -> str:
    """Letters as A, digits as 9, nothing else."""
    return "".join("9" if char.isdigit() else "A" for char in text if char.isalnum())


def _touch(one: str, other: str) -> bool:
    """Whether two neighbours belong to one word; Chinese characters end a word of letters and digits."""
    return all(char.isalnum() and char < _LAST_LATIN for char in (one, other))


def _is_space_or_dash(char: str) -> bool:
    return char.isspace() or char == "\u2212" or unicodedata.category(char) == "Pd"
