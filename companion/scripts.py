"""Scripts as they are sent: modules that pages need together come as one file, and none of them exists twice.

The source stays plain ES modules. A group has the address of one of them, its *leader*; the others are written in
front of it, each in a function of its own. Whoever asks for a *member* by its own address gets a few lines that take
it out of the leader, so that every way leads to the one that runs.
"""

import posixpath
import re
from collections.abc import Callable
from pathlib import Path

GROUPS = {
    "js/app.js": (
        "js/modules/error-summary.js",
        "js/modules/sent-before.js",
        "js/modules/service-worker.js",
        "js/modules/stepper.js",
        "js/modules/submit-once.js",
        "js/modules/time-zone.js",
        "js/modules/touch-recogniser.js",
        "js/modules/touch.js",
        "js/modules/waiting.js",
    ),
    "js/offline/house.js": (
        "js/offline/outbox.js",
        "js/offline/transport.js",
        "js/offline/tree.js",
        "js/offline/store.js",
        "js/offline/sync.js",
        "js/offline/leaving.js",
        "js/offline/copy.js",
        "js/offline/clock-words.js",
        "js/modules/device-clock.js",
        "js/modules/push.js",
        "js/modules/push-renew.js",
        "js/modules/queue.js",
        "js/modules/passkeys.js",
        "js/modules/passkey-add.js",
        "js/modules/lock.js",
    ),
    "js/modules/offline-page.js": ("js/offline/safety.js", "js/offline/kept-forms.js"),
}
"""What every page runs at once; what keeps, sends and tells for whoever is signed in; the page without a connection.
Each member stands after those that it imports."""
LEADERS = {member: leader for leader, members in GROUPS.items() for member in members}

IMPORT = re.compile(r'^import \{ ([\w$, ]+) \} from "(\.[^"]+)";$', re.MULTILINE)
LATER = re.compile(r'\bimport\("(\.[^"]+)"\)')
EXPORT = re.compile(r"^export ((?:async )?function|class|const) (\w+)", re.MULTILINE)
OTHER = re.compile(r"^\s*(?:import\b(?!\.meta|\()|export\b).*", re.MULTILINE)

Reader = Callable[[str], str]


class UnknownForm(Exception):
    """A module imports or exports in a way that is not understood here."""


def reader(root: Path) -> Reader:
    """Reads a module by its path below the folder of static files."""
    return lambda path: (root / path).read_text(encoding="utf-8")


def sent(path: str, read: Reader) -> str:
    """What the address of a module answers: a leader with its members, a member's way to its leader, or it alone."""
    if path in LEADERS:
        return _stub(path, read)
    members, wanted = GROUPS.get(path, ()), _Wanted(path, GROUPS.get(path, ()))
    parts = [f"const {_name(member)} = {_closed(member, wanted, read)};" for member in members]
    body = wanted.linked(read(path), path)
    _understood(EXPORT.sub("", body), path)
    named = [f"export {{ {', '.join(map(_name, members))} }};"] if members else []
    return "\n".join((*wanted.lines, *parts, body, *named))


def plain(members: tuple[str, ...], names: tuple[str, ...], read: Reader) -> str:
    """Some names of modules as the value of one expression without import and export, for a worker."""
    wanted = _Wanted("", members)
    parts = [f"const {_name(member)} = {_closed(member, wanted, read)};" for member in members]
    if wanted.lines:
        raise UnknownForm(f"a worker cannot take this from elsewhere: {', '.join(wanted.lines)}")
    home = {name: _name(member) for member in members for name in exports(read(member))}
    given = ", ".join(f"{name}: {home[name]}.{name}" for name in names)
    return "\n".join(("(() => {", *parts, f"return {{ {given} }};", "})()"))


def exports(text: str) -> list[str]:
    """The names that a module gives."""
    return [name for _kind, name in EXPORT.findall(text)]


def _name(path: str) -> str:
    """What a module is called inside of the file that it is joined into."""
    return "$" + path.rsplit("/", 1)[-1].removesuffix(".js").replace("-", "_")


def _stub(path: str, read: Reader) -> str:
    leader = _way(posixpath.dirname(path), LEADERS[path])
    names = ", ".join(exports(read(path)))
    return f'import {{ {_name(path)} }} from "{leader}";\nexport const {{ {names} }} = {_name(path)};\n'


def _closed(path: str, wanted: "_Wanted", read: Reader) -> str:
    """A module as a function that is called once and gives what the module exports."""
    text = read(path)
    body = EXPORT.sub(r"\1 \2", wanted.linked(text, path))
    _understood(body, path)
    return f"(() => {{\n{body}\nreturn {{ {', '.join(exports(text))} }};\n}})()"


class _Wanted:
    """What the modules that stand in the file `at` import, and the lines at its top that bring what is elsewhere."""

    def __init__(self, at: str, together: tuple[str, ...]) -> None:
        self.at, self.folder, self.together = at, posixpath.dirname(at), together
        self._lines: dict[str, None] = {}

    @property
    def lines(self) -> tuple[str, ...]:
        """Each import once, in the order of the first need."""
        return tuple(self._lines)

    def linked(self, text: str, path: str) -> str:
        """The text of a module with its imports led to where things are, seen from the file that it stands in."""

        def at_once(found: re.Match[str]) -> str:
            wanted = _meant(path, found[2])
            if wanted == self.at and " as " not in found[1]:
                return ""  # the leader's own words are known in all of the file
            if wanted not in self.together:
                what = f"{{ {_name(wanted)} }}" if wanted in LEADERS else f"* as {_name(wanted)}"
                self._lines[f'import {what} from "{_way(self.folder, LEADERS.get(wanted, wanted))}";'] = None
            return f"const {{ {found[1].replace(' as ', ': ')} }} = {_name(wanted)};"

        def later(found: re.Match[str]) -> str:
            wanted = _meant(path, found[1])
            way = f'import("{_way(self.folder, LEADERS.get(wanted, wanted))}")'
            return f"{way}.then((group) => group.{_name(wanted)})" if wanted in LEADERS else way

        return LATER.sub(later, IMPORT.sub(at_once, text))


def _meant(path: str, written: str) -> str:
    """The path below the folder that an import of a module means."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), written))


def _way(folder: str, path: str) -> str:
    """The relative address of a file, as an import must write it."""
    way = posixpath.relpath(path, folder)
    return way if way.startswith(".") else f"./{way}"


def _understood(text: str, path: str) -> None:
    """Refuse what was not led anywhere: it would break only in the browser."""
    for line in OTHER.findall(text):
        raise UnknownForm(f"{path}: {line.strip()}")
