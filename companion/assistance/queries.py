"""The directory of programmes, read and checked once, and what it says to one situation."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from companion.assistance.models import Entry
from companion.domain import eligibility
from companion.domain.eligibility import Match, Situation

DIRECTORY = Path(__file__).parent / "content" / "programmes.toml"


class BadDirectory(ValueError):
    """The file of programmes is wrong; one line an error, naming file, programme and field."""


@dataclass(frozen=True)
class Result:
    """One programme and how it fits."""

    entry: Entry
    match: Match
    is_stale: bool


@dataclass(frozen=True)
class Results:
    """The programmes of a country by how they fit, each group in the order of the file.

    Patient groups pay nothing, so those that are open stand apart from help with costs.
    """

    likely: tuple[Result, ...]
    ask: tuple[Result, ...]
    peers: tuple[Result, ...]
    no: tuple[Result, ...]

    @property
    def count(self) -> int:
        """How many are worth a call about costs."""
        return len(self.likely) + len(self.ask)


@cache
def programmes() -> tuple[Entry, ...]:
    """The programmes of the application's own file. Raises BadDirectory."""
    return read_directory(DIRECTORY)


def read_directory(path: Path) -> tuple[Entry, ...]:
    """The programmes of a file, in its order. Raises BadDirectory with every error found."""
    try:
        listed = tomllib.loads(path.read_text(encoding="utf-8")).get("programme", [])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadDirectory(f"{path.name}: not TOML: {error}") from error
    if not isinstance(listed, list) or not all(isinstance(raw, dict) for raw in listed) or not listed:
        raise BadDirectory(f"{path.name}: programme: at least one [[programme]] is needed")
    entries: list[Entry] = []
    errors: list[str] = []
    for number, raw in enumerate(listed, start=1):
        name = raw.get("id") or f"programme {number}"
        if name in [entry.id for entry in entries]:
            errors.append(f"{path.name}: {name}: id: used twice")
            continue
        entry, wrong = _read_entry(raw)
        entries += [entry] if entry else []
        errors += [f"{path.name}: {name}: {line}" for line in wrong]
    if errors:
        raise BadDirectory("\n".join(errors))
    return tuple(entries)


def results_for(situation: Situation, on: date) -> Results:
    """Every programme of the person's country (all of them while it is not known), grouped by match.

    Programmes of other countries are left out: they would only be noise.
    """
    found = [Result(entry, eligibility.match(entry.rules, situation), entry.is_stale(on)) for entry in programmes()]
    here = [result for result in found if result.match.reason != "other_country"]
    groups: dict[str, list[Result]] = {"likely": [], "ask": [], "peers": [], "no": []}
    for result in here:
        is_peer = result.entry.kind == "patient-group" and result.match.kind != "no"
        groups["peers" if is_peer else result.match.kind].append(result)
    return Results(**{name: tuple(group) for name, group in groups.items()})


def _read_entry(raw: dict[str, Any]) -> tuple[Entry | None, list[str]]:
    try:
        return Entry.model_validate(raw), []
    except ValidationError as error:
        return None, [_line(one) for one in error.errors()]


def _line(error: Any) -> str:
    """Field and what is wrong with it; rules about several fields name theirs in the message."""
    field = ".".join(str(part) for part in error["loc"])
    message = error["msg"].removeprefix("Value error, ")
    return f"{field}: {message}" if field else message
