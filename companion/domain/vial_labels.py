"""What people type or copy from the labels of vials, one bottle a line: lot, grams, expiry, serial, how many."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from companion.domain.label_dates import first_date, gs1_date
from companion.domain.lots import normalise

MOST_AT_ONCE = 60
"""Bottles that one saving takes: own rule, far above what a course of five days has."""
MOST_GRAMS = Decimal(1000)
LONGEST_LINE, LONGEST_LOT, LONGEST_BARE_LOT, LONGEST_SERIAL, SHORTEST_LOT = 300, 60, 24, 40, 3

GTIN, LOT, EXPIRY, EXPIRY_TIME, SERIAL = "01", "10", "17", "7003", "21"
"""GS1 application identifiers of the parts that are kept."""


@dataclass(frozen=True)
class Label:
    """What one line says, or the code of the first thing that stops it, with the words it is about.

    Lot and serial are as printed. `check` is the code of a doubt: the line was read, but someone should look.
    """

    lot: str = ""
    grams: Decimal | None = None
    expires_on: date | None = None
    serial: str = ""
    gtin: str = ""
    count: int = 1
    problem: str = ""
    about: str = ""
    check: str = ""


def split_lines(text: str) -> list[str]:
    """The lines of a text with something on them; a separator inside a code (ASCII 29) ends none."""
    lines = re.split(r"\r\n|[\r\n\v\f\x85\u2028\u2029]", text)
    return [line.strip(" \t\u3000\xa0\ufeff") for line in lines if line.strip()]


def read_label(line: str, known: Label | None = None) -> Label:
    """What a line of words and numbers says. `known` is what a code on the same line said already.

    Anything that could be read in two ways, or that has no place, is a problem with a code; nothing raises.
    """
    if len(line) > LONGEST_LINE:
        return Label(problem="too_long")
    plain = unicodedata.normalize("NFKC", line.replace("，", ";"))
    plain = _DECIMAL_COMMA.sub(r"\1.\2", plain).replace(",", " ; ")
    return _Reader(plain, known or Label()).read()


def label_of_code(elements: Mapping[str, str], sure: bool = True) -> Label:
    """What the elements of a GS1 code say, by application identifier; others than the five above are left out."""
    digits = elements.get(EXPIRY) or elements.get(EXPIRY_TIME, "")[:6]
    expires_on = gs1_date(digits) if digits else None
    label = Label(
        lot=elements.get(LOT, "").strip(),
        expires_on=expires_on,
        serial=elements.get(SERIAL, "").strip(),
        gtin=elements.get(GTIN, ""),
        check="" if sure else "code_unsure",
    )
    if digits and expires_on is None:
        return replace(label, problem="date_impossible", about=digits)
    return label if label.lot else replace(label, problem="no_lot_in_code")


def has_passed(expires_on: date | None, on: date) -> bool:
    """Whether a bottle's date lies before the day it was given: a reason to read the label again, no more."""
    return expires_on is not None and expires_on < on


_ALONE = r"(?<![A-Za-z0-9.])(?<![0-9],)"
_AMOUNT = rf"{_ALONE}(\d{{1,6}}(?:[.,]\d{{1,3}})?)\s*"
_END = r"(?![A-Za-z0-9])"
_DECIMAL_COMMA = re.compile(r"(?<![A-Za-z0-9./-])([0-9]{1,2}),([0-9]{1,3})(?![0-9])")
_LABEL_END = r"[:.#=\s\x00]*"


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.ASCII)


_QUOTED = re.compile(r"[\"\u201c\u201d\u300c]\s*([^\"\u201c\u201d\u300c\u300d]+?)\s*[\"\u201c\u201d\u300d]")
_MADE = _words(r"(?:(?:生产|制造)日期|(?<![A-Za-z0-9])(?:MFG|MFD|MANUFACTURED|MADE)(?: DATE)?(?![A-Za-z]))[:.至\s]*")
_EXPIRES = _words(
    r"(?:有效期限?|失效日期|失效期|效期|使用期限)\s*(?:至|到)?[:.\s]*"
    r"|(?<![A-Za-z0-9])(?:EXP(?:IRY|IRES|IRATION)?(?: ?DATE)?|USE[- ]BY|USE BEFORE|VERW\.? ?BIS)(?![A-Za-z])[:.\s]*"
)
_SERIAL = _words(
    rf"(?:序列号|(?<![A-Za-z0-9])(?:S/?N|SERIAL(?: ?(?:NO|NUMBER))?)(?![A-Za-z0-9])){_LABEL_END}([^\s;,|\x00]+)"
)
_GTIN = _words(rf"(?<![A-Za-z0-9])(?:GTIN|NTIN|PC)(?![A-Za-z]){_LABEL_END}(\d{{14}}){_END}")
_LOT = _words(
    r"(?:(?:产品)?批(?:号|次)[是为]?"
    r"|(?<![A-Za-z0-9])(?:(?:LOT|BATCH)(?: ?(?:NO|NUMBER|NR)(?![A-Za-z0-9]))?(?=[\s:.#=\d])|B/N(?=[\s:.#])))"
    rf"{_LABEL_END}([^\s;,|\x00]+)"
)
_TIMES = "xX*×✕✖"
_COUNTS = (
    re.compile(rf"{_ALONE}(\d{{1,3}})(?:\s*[{_TIMES}](?:\s+|$)|\s+[{_TIMES}]|\s*[×✕✖*])"),
    _words(rf"{_ALONE}(\d{{1,3}})x(?=\d{{1,4}}(?:[.,]\d+)?\s*(?:g{_END}|克))"),
    re.compile(rf"(?:{_ALONE}[{_TIMES}]|[×✕✖])\s*(\d{{1,3}})(?![A-Za-z0-9./-])"),
    _words(rf"共?{_ALONE}(\d{{1,3}})\s*(?:[瓶支](?:装)?|(?:vials?|bottles?){_END})"),
)
_CHINESE_COUNT = re.compile(r"共?([一二两三四五六七八九十])\s*[瓶支]")
_NUMERALS = {character: number for number, character in enumerate("一二三四五六七八九十", 1)} | {"两": 2}
_GLUED = re.compile(r"[0-9]{1,2}x[A-Za-z0-9].*")
_STRENGTHS = (
    _words(rf"{_AMOUNT}(?:m?g|毫?克)\s*/\s*(?:1\s*)?(?:ml{_END}|毫升)"),
    _words(rf"/?\s*{_AMOUNT}(?:%|(?:ml|cc){_END}|毫升)"),
    _words(rf"(?<=[gG克])\s*/\s*(?:瓶|支|vial{_END}|bottle{_END})"),
)
_GRAMS = _words(rf"{_AMOUNT}(?:(?:g|gr|grams?){_END}|克)")
_MILLIGRAMS = _words(rf"{_AMOUNT}(?:mg{_END}|毫克)")
_SPLIT = re.compile(r"[\s;,|()\[\]\x00、。]+")
_EDGES = " :.#=-/\"'"
_LOT_SHAPE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9./_+-]*[A-Za-z0-9])?")
_HAS_DIGIT = re.compile(r"[0-9]")
_WORDS_OF_LABELS = """
gammagard liquid hyqvia cuvitru privigen hizentra gamunex gamunex-c gammaked gammaplex octagam panzyga flebogamma dif
xembify asceniv bivigam kiovig intratect intragam evogam nanogam gammanorm cutaquig alyglo yimmugo iqymune
immune globulin immunoglobulin human normal infusion solution ivig scig igg ig each per a of the and ph4
vial vials bottle bottles date size lot exp
规格 净重 每瓶 装量 静丙 每 瓶 支 共 各 的 和 静注人免疫球蛋白 人免疫球蛋白 皮下注射人免疫球蛋白 产品 名称 品名
"""
_KNOWN_WORDS = frozenset(_WORDS_OF_LABELS.split())
"""Words around a lot that are left out; any other word is asked about."""


@dataclass
class _Reader:
    """Takes the known parts out of a line one after the other; what stays should be the lot and nothing else."""

    rest: str
    label: Label
    lots: list[str] = field(default_factory=list)

    def read(self) -> Label:
        steps = (
            self.take_quoted,
            self.take_made,
            self.take_expiry,
            self.take_numbers,
            self.take_count,
            self.take_grams,
            self.take_lot,
            self.take_bare_date,
            self.take_rest,
            self.check,
        )
        for step in steps:
            step()
            if self.label.problem:
                break
        return self.label

    def stop(self, problem: str, about: str = "") -> None:
        self.label = replace(self.label, problem=problem, about=about.strip(_EDGES + "\x00"))

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """The first match, taken out of the line; a mark stays so that its neighbours do not grow together."""
        found = pattern.search(self.rest)
        if found:
            self.cut(found.start(), found.end())
        return found

    def cut(self, start: int, end: int) -> None:
        self.rest = f"{self.rest[:start]}\x00{self.rest[end:]}"

    def take_quoted(self) -> None:
        while found := self.take(_QUOTED):
            self.lots.append(found[1])

    def take_made(self) -> None:
        """The day of making says nothing about the expiry, and must not be taken for it."""
        while found := _MADE.search(self.rest):
            dated = first_date(self.rest[found.end() :], after_its_word=True)
            self.cut(found.start(), found.end() + (dated.end if dated else 0))

    def take_expiry(self) -> None:
        while found := _EXPIRES.search(self.rest):
            after = self.rest[found.end() :]
            dated = first_date(after, after_its_word=True)
            if dated is None:
                self.stop("date_unclear", found[0] + (after.split() or [""])[0])
                return
            if not self.keep_expiry(dated.on, dated.problem, after[: dated.end]):
                return
            self.cut(found.start(), found.end() + dated.end)

    def take_bare_date(self) -> None:
        while dated := first_date(self.rest):
            if not self.keep_expiry(dated.on, dated.problem, self.rest[dated.start : dated.end]):
                return
            self.cut(dated.start, dated.end)

    def keep_expiry(self, on: date | None, problem: str, about: str) -> bool:
        if problem or (self.label.expires_on not in (None, on)):
            self.stop(problem or "dates_two", about)
            return False
        self.label = replace(self.label, expires_on=on)
        return True

    def take_numbers(self) -> None:
        """Serial number and product number, where a word names them."""
        while found := self.take(_SERIAL):
            if self.label.serial not in ("", found[1]):
                return self.stop("serials_two", found[1])
            self.label = replace(self.label, serial=found[1])
        while found := self.take(_GTIN):
            self.label = replace(self.label, gtin=self.label.gtin or found[1])
        return None

    def take_count(self) -> None:
        counts = [int(found[1]) for pattern in _COUNTS for found in self.take_all(pattern)]
        counts += [_NUMERALS[found[1]] for found in self.take_all(_CHINESE_COUNT)]
        if len(counts) > 1:
            return self.stop("counts_two")
        if counts and not 1 <= counts[0] <= MOST_AT_ONCE:
            return self.stop("count_range", str(counts[0]))
        self.label = replace(self.label, count=counts[0] if counts else 1)
        return None

    def take_all(self, pattern: re.Pattern[str]) -> list[re.Match[str]]:
        found = []
        while (one := self.take(pattern)) is not None:
            found.append(one)
        return found

    def take_grams(self) -> None:
        for pattern in _STRENGTHS:
            self.take_all(pattern)
        grams = {_decimal(found[1]) for found in self.take_all(_GRAMS)}
        grams |= {_decimal(found[1]) / 1000 for found in self.take_all(_MILLIGRAMS)}
        if len(grams) > 1:
            return self.stop("grams_two")
        value = grams.pop() if grams else None
        if value is not None and not 0 < value <= MOST_GRAMS:
            return self.stop("grams_range", f"{value:f}")
        self.label = replace(self.label, grams=value)
        return None

    def take_lot(self) -> None:
        """The lot behind the word LOT, and what a code or quotation marks gave."""
        self.lots += [found[1].strip(_EDGES) for found in self.take_all(_LOT)]
        named = {normalise(lot): lot for lot in (self.label.lot, *self.lots) if lot}
        if len(named) > 1:
            return self.stop("two_lots", " ".join(named.values()))
        self.label = replace(self.label, lot=next(iter(named.values()), ""))
        return None

    def take_rest(self) -> None:
        """What has no word of its own: the lot where none was named, and then nothing else."""
        tokens = [token.strip(_EDGES) for token in _SPLIT.split(self.rest)]
        tokens = [t for t in tokens if any(c.isalnum() for c in t) and t.casefold() not in _KNOWN_WORDS]
        named = normalise(self.label.lot)
        lots = [token for token in tokens if _looks_like_a_lot(token) and normalise(token) != named]
        if len(lots) + bool(self.label.lot) > 1:
            return self.stop("two_lots", " ".join(filter(None, [self.label.lot, *lots])))
        if self.label.lot:
            numbers = [token for token in tokens if token.isdigit()]
            return self.stop("stray", numbers[0]) if numbers else None
        if not lots:
            return self.stop("no_lot")
        if strays := [token for token in tokens if token not in lots]:
            return self.stop("stray", strays[0])
        if _GLUED.fullmatch(lots[0]):
            return self.stop("glued_x", lots[0])
        self.label = replace(self.label, lot=lots[0])
        return self.stop("code_unclear") if len(lots[0]) > LONGEST_BARE_LOT else None

    def check(self) -> None:
        """What fits no bottle."""
        if len(self.label.lot) > LONGEST_LOT or len(self.label.serial) > LONGEST_SERIAL:
            self.stop("too_long")
        elif self.label.count > 1 and self.label.serial:
            self.stop("serial_many")


def _looks_like_a_lot(token: str) -> bool:
    return len(token) >= SHORTEST_LOT and bool(_HAS_DIGIT.search(token) and _LOT_SHAPE.fullmatch(token))


def _decimal(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))
