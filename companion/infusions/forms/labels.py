"""Lines of vial labels, codes included: GS1 element strings as scanners type them and as labels print them."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from companion.domain.label_dates import gs1_date
from companion.domain.vial_labels import (
    EXPIRY,
    GTIN,
    LONGEST_LINE,
    LOT,
    SERIAL,
    Label,
    label_of_code,
    read_label,
    split_lines,
)

SEPARATOR = "\x1d"
"""FNC1 between the parts of a code, as a scanner sends it."""
_TYPED_SEPARATOR = re.compile(
    r"<GS>|\{GS\}|\[GS\]|␝|<FNC1>|\{FNC1\}|\[FNC1\]|\\x1d|\\u001d|\^\]|%1D|&#29;|&#x1d;", re.IGNORECASE
)
_PREFIX = re.compile(r"\](?:d2|C1|Q3|e0|J1)", re.IGNORECASE)
_PARENTHESIS = re.compile(r"\(\s*([0-9]{2,4})\s*\)\s*")
_DATES = ("11", "12", "13", "15", "16", EXPIRY)
_AFTER_A_LOST_SEPARATOR = (*_DATES, GTIN, LOT, SERIAL)
_SHORTEST_PART, _SHORTEST_CODE, _MOST_WAYS = 4, 16, 64  # a code of no more than its product number has 16

Elements = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ReadLine:
    """One line of what was typed, its number among the lines that have something, and what it says."""

    number: int
    text: str
    label: Label


def read_lines(text: str) -> list[ReadLine]:
    """Every line with what it says; blank ones are left out. Never raises."""
    return [ReadLine(number, line, read_line(line)) for number, line in enumerate(split_lines(text), 1)]


def read_line(line: str) -> Label:
    """What one line says: the code on it, where there is one, and then the words around it."""
    if len(line) > LONGEST_LINE:
        return Label(problem="too_long")
    plain = unicodedata.normalize("NFKC", _TYPED_SEPARATOR.sub(SEPARATOR, line))
    return _read_parentheses(plain) or _read_code(plain) or read_label(plain.replace(SEPARATOR, " "))


def _read_parentheses(line: str) -> Label | None:
    """A code as labels print it: `(01)…(17)…(10)…(21)…`, each part in front of the next known number."""
    marks = [mark for mark in _PARENTHESIS.finditer(line) if _identifier(mark[1]) == mark[1]]
    if not {mark[1] for mark in marks} & {GTIN, LOT, EXPIRY, SERIAL}:
        return None
    ends = [mark.start() for mark in marks[1:]] + [len(line)]
    parts = [line[mark.end() : end].strip(f" {SEPARATOR}") for mark, end in zip(marks, ends, strict=True)]
    parts[-1], _space, after = parts[-1].partition(" ")
    if not all(parts):
        return None
    if len(marks) > len({mark[1] for mark in marks}) or any(" " in part for part in parts):
        return Label(problem="code_unclear", about=line[marks[0].start() :])
    elements = tuple((mark[1], part) for mark, part in zip(marks, parts, strict=True))
    return _with_words(elements, sure=True, around=f"{_PREFIX.sub('', line[: marks[0].start()])} {after}")


def _read_code(line: str) -> Label | None:
    """A code as scanners send it, with or without its separators."""
    for found in re.finditer(rf"(?:[!-~]|{SEPARATOR})+", line):
        prefix = _PREFIX.match(found[0])
        code = found[0][prefix.end() if prefix else 0 :].strip(SEPARATOR)
        named = bool(prefix or SEPARATOR in found[0])
        if not (named or len(code) >= _SHORTEST_CODE):
            continue
        ways = list(islice(_ways(code, SEPARATOR in code, ()), _MOST_WAYS))
        ways = [way for way in ways if named or GTIN in dict(way)]
        if ways:
            return _likeliest(ways, SEPARATOR in code, line.replace(found[0], " ", 1))
        if named:
            return Label(problem="code_unclear", about=code.replace(SEPARATOR, " "))
    return None


def _ways(rest: str, separated: bool, before: Elements) -> Iterator[Elements]:
    """Every way to cut a code into elements, each identifier once.

    Where a code has no separator at all, a part of changing length may end in front of any common identifier.
    """
    if not rest:
        yield before
        return
    part, _mark, after = rest.partition(SEPARATOR)
    identifier = _identifier(part)
    if identifier is None or identifier in dict(before):
        return
    for end in _ends(identifier, part, separated):
        value = part[len(identifier) : end]
        if _fits(identifier, value):
            further = f"{part[end:]}{SEPARATOR}{after}".strip(SEPARATOR)
            yield from _ways(further, separated, (*before, (identifier, value)))


def _ends(identifier: str, part: str, separated: bool) -> Iterator[int]:
    """Where the element at the start of a part may end."""
    pattern, is_fixed = _shape(identifier)
    if is_fixed:
        found = pattern.match(part)
        yield from [found.end()] if found else []
        return
    if pattern.fullmatch(part):
        yield len(part)
    shortest = _SHORTEST_PART if identifier in (LOT, SERIAL) else 1
    for end in range(len(identifier) + shortest, 0 if separated else len(part)):
        if pattern.fullmatch(part[:end]) and _identifier(part[end:]) in _AFTER_A_LOST_SEPARATOR:
            yield end


def _fits(identifier: str, value: str) -> bool:
    if identifier in _DATES:
        return gs1_date(value) is not None
    return identifier != GTIN or _is_gtin(value)


def _likeliest(ways: list[Elements], separated: bool, around: str) -> Label:
    """The way that explains the most, only a guess where separators are lost; none where two are as good."""
    ranked = sorted(ways, key=_explained, reverse=True)
    if len(ranked) > 1 and _explained(ranked[0]) == _explained(ranked[1]):
        return Label(problem="code_unclear", about="".join(f"({key}){value}" for key, value in ranked[0]))
    return _with_words(ranked[0], sure=separated or not _ran_together(ranked[0]), around=around)


def _ran_together(way: Elements) -> bool:
    """Whether a part of changing length is followed by another, with no separator between them."""
    return any(not _shape(key)[1] for key, _value in way[:-1])


def _explained(way: Elements) -> tuple[int, int]:
    return sum(key in (*_DATES, GTIN) for key, _value in way), len(way)


def _with_words(elements: Elements, *, sure: bool, around: str) -> Label:
    parts = dict(elements)
    if GTIN in parts and not _is_gtin(parts[GTIN]):
        del parts[GTIN]
        sure = False
    label = label_of_code(parts, sure)
    return label if label.problem else read_label(around.replace(SEPARATOR, " "), known=label)


# The table of identifiers takes a tenth of a second to load, so only a line that may be a code asks for it.


def _identifier(text: str) -> str | None:
    """The application identifier at the start of a text."""
    return _known_identifier(text[:4])


@lru_cache(maxsize=512)
def _known_identifier(start: str) -> str | None:
    from biip import ParseError
    from biip.gs1_application_identifiers import GS1ApplicationIdentifier

    try:
        return GS1ApplicationIdentifier.extract(start).ai
    except ParseError:
        return None


@lru_cache(maxsize=512)
def _shape(identifier: str) -> tuple[re.Pattern[str], bool]:
    """What an element looks like, and whether its length is fixed."""
    from biip.gs1_application_identifiers import GS1ApplicationIdentifier

    found = GS1ApplicationIdentifier.extract(identifier)
    return re.compile(found.pattern.removesuffix("$"), re.ASCII), not found.separator_required


def _is_gtin(value: str) -> bool:
    from biip import ParseError
    from biip.gtin import Gtin

    try:
        return len(value) == 14 and value.isascii() and bool(Gtin.parse(value))
    except ParseError:
        return False
