"""What was erased, kept outside of the database: an older copy of it that is put back loses the same again.

A file of sealed lines, one for each random id, only ever added to. Each line is on the disk before anything is erased
and is bound to its place in the file, so that none can be left out of the middle or moved.
"""

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from companion.keyring import KEY_ID_LETTERS, BadKey, Keyring

CIRCLE, ACCOUNT = "circle", "account"
SESSION = "session"
"""A sign-in of an erased account, by the hash of its token: its browser is told to forget what it holds."""
KEPT = "kept"
"""A deletion that was asked for and taken back: an older copy of the database would still carry it out."""
SWEPT = "swept"
"""After all that stands before it, the files of the database were written anew."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: what it is about, its random id, and when."""

    what: str
    ident: str
    at: str


@dataclass(frozen=True, slots=True)
class DeletionList:
    """The file and the keys that open it."""

    path: Path
    ring: Keyring

    def entries(self) -> list[Entry]:
        """Every line, in order. Raises BadKey where one does not open."""
        if not self.path.exists():
            return []
        return [self._opened(number, line) for number, line in enumerate(_whole_lines(self.path.read_bytes()))]

    def idents(self, what: str) -> frozenset[str]:
        """The ids of one kind."""
        return frozenset(entry.ident for entry in self.entries() if entry.what == what)

    def add(self, entries: Iterable[tuple[str, str]], now: datetime) -> None:
        """Write down what is not there yet; on return it is on the disk, also after a power cut. Raises BadKey."""
        with self._locked():
            known = self.entries()
            named = {(one.what, one.ident) for one in known}
            at = now.isoformat()
            fresh = [Entry(what, ident, at) for what, ident in entries if what == SWEPT or (what, ident) not in named]
            if fresh:
                self._append(fresh, after=len(known))

    def is_swept(self) -> bool:
        """Whether nothing was erased since the files of the database were last written anew."""
        entries = [entry for entry in self.entries() if entry.what in (CIRCLE, ACCOUNT, SWEPT)]
        return not entries or entries[-1].what == SWEPT

    def seal_anew(self) -> int:
        """Seal every line with the newest key, in a new file that takes the place of the old one at once."""
        with self._locked():
            newest = self.ring.keys[0][0].encode()
            lines = _whole_lines(self.path.read_bytes()) if self.path.exists() else []
            if all(line[:KEY_ID_LETTERS] == newest for line in lines):
                return 0
            fresh = self.path.with_name(f".{self.path.name}-new")
            entries = self.entries()
            _write(fresh, b"".join(self._sealed(number, entry) for number, entry in enumerate(entries)), os.O_TRUNC)
            fresh.replace(self.path)
            _sync_folder(self.path.parent)
            return len(entries)

    def _append(self, entries: list[Entry], *, after: int) -> None:
        lines = b"".join(self._sealed(after + number, entry) for number, entry in enumerate(entries))
        is_new = not self.path.exists()
        if not is_new:
            _cut_half_line(self.path)
        _write(self.path, lines, os.O_APPEND)
        if is_new:
            _sync_folder(self.path.parent)

    def _sealed(self, number: int, entry: Entry) -> bytes:
        text = json.dumps([entry.what, entry.ident, entry.at])
        return self.ring.lock(text, _place(number)).encode() + b"\n"

    def _opened(self, number: int, line: bytes) -> Entry:
        try:
            return Entry(*json.loads(self.ring.unlock(line.decode("ascii"), _place(number))))
        except UnicodeDecodeError as error:
            raise BadKey(f"line {number + 1} of the deletion list is damaged") from error

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time, by a file of its own: the list itself may be exchanged."""
        descriptor = os.open(self.path.with_name(f".{self.path.name}-lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _place(number: int) -> str:
    return f"deletion_list:{number}"


def _whole_lines(data: bytes) -> list[bytes]:
    """The lines that were written to their end: what a power cut left half was not erased either."""
    return data.split(b"\n")[:-1]


def _cut_half_line(path: Path) -> None:
    data = path.read_bytes()
    whole = data.rfind(b"\n") + 1
    if whole < len(data):
        os.truncate(path, whole)


def _write(path: Path, data: bytes, how: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | how, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
