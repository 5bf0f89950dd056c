"""The rules of time zones on this machine: which version is installed, and reading them anew when it changed."""

import zoneinfo
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from flask import Flask

Stamp = tuple[tuple[str, int], ...]


def init_app(app: Flask) -> None:
    """Let every request use the rules that are installed now: a server runs for months, rules change overnight."""
    app.before_request(use_installed_rules)


def use_installed_rules() -> None:
    """Forget the zones read so far when the files on this machine have changed since."""
    global _seen
    stamp = _stamp()
    if stamp != _seen:
        zoneinfo.ZoneInfo.clear_cache()
        _seen = stamp


def installed_version() -> str | None:
    """The version of the rules in use, such as `2026a`; None where the files do not say."""
    for folder in _folders():
        for name, words in (("+VERSION", 1), ("tzdata.zi", 3)):
            file = folder / name
            if file.is_file():
                with file.open(encoding="utf-8") as lines:
                    found = lines.readline().split()
                return found[-1] if len(found) == words else None
    return _packaged_version() if not _folders() else None


def _folders() -> list[Path]:
    return [Path(folder) for folder in zoneinfo.TZPATH if Path(folder).is_dir()]


def _packaged_version() -> str | None:
    """The version of the `tzdata` package, which is asked where the machine has no rules of its own."""
    return str(import_module("tzdata").IANA_VERSION) if find_spec("tzdata") else None


def _stamp() -> Stamp:
    """What changes when rules are installed: the places where they lie, and when those were last written."""
    return tuple((str(folder), folder.stat().st_mtime_ns) for folder in _folders())


_seen: Stamp = _stamp()
