"""An export as one .zip, written while it is read: never more of it in memory than some rows or one picture."""

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection, Engine

from companion.exchange.queries.catalogue import ACCOUNT, CIRCLE
from companion.exchange.queries.rows import Part, photo, photo_ids
from companion.exchange.queries.sheets import csv_file, json_list
from companion.keyring import Keyring

FORMAT, VERSION = "mmn-companion-export", 1
"""The version grows when a name changes its meaning or goes; a new name does not change it."""
COMPRESSION = 5
Page = Callable[[Connection], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Export:
    """What is to be exported, read by one connection. `page` writes the part for people."""

    parts: tuple[Part, ...]
    engine: Engine
    ring: Keyring
    made_at: datetime
    page: Page
    style: str

    def stream(self) -> Iterator[bytes]:
        """The bytes of the archive, all from the same moment of the database."""
        with self.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            sink = _Sink()
            with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION) as archive:
                for name, chunks in self._files(connection):
                    with archive.open(self._entry(name), "w", force_zip64=True) as file, closing(chunks):
                        for chunk in chunks:
                            file.write(chunk)
                            yield from sink.taken()
            yield from sink.taken()

    def _entry(self, name: str) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(name, self.made_at.timetuple()[:6])
        entry.external_attr = 0o600 << 16
        entry.compress_type = zipfile.ZIP_STORED if name.endswith(".jpg") else zipfile.ZIP_DEFLATED
        entry._compresslevel = COMPRESSION  # type: ignore[attr-defined]
        return entry

    def _files(self, connection: Connection) -> Iterator[tuple[str, Any]]:
        yield "index.html", (text.encode() for text in self.page(connection))
        yield "style.css", (one for one in [self.style.encode()])
        yield "data.json", self._data(connection)
        for part in self.parts:
            for kind in part.kinds:
                rows = part.rows(connection, self.ring, kind)
                yield f"csv/{part.folder}/{kind.table}.csv", csv_file(kind.columns, rows)
        for part in self.parts:
            if part.name == CIRCLE:
                yield from self._photos(connection, part)

    def _photos(self, connection: Connection, part: Part) -> Iterator[tuple[str, Any]]:
        for number, ident in photo_ids(connection, part.ident):
            picture = photo(connection, self.ring, number, ident)
            if picture is not None:
                yield f"photos/{ident}.jpg", (one for one in [picture])

    def _data(self, connection: Connection) -> Iterator[bytes]:
        head = {"format": FORMAT, "version": VERSION, "made_at": self.made_at.isoformat().replace("+00:00", "Z")}
        yield f'{json.dumps(head)[:-1]}, "schema": {json.dumps(self._schema(), ensure_ascii=False)}'.encode()
        for name in (CIRCLE, ACCOUNT):
            yield f', "{name}s": ['.encode()
            for number, part in enumerate(one for one in self.parts if one.name == name):
                yield b", " if number else b""
                yield from self._part(connection, part)
            yield b"]"
        yield b"}\n"

    def _part(self, connection: Connection, part: Part) -> Iterator[bytes]:
        yield b'{"people": '
        yield from json_list(part.people(connection, self.ring))
        yield b', "rows": {'
        for number, kind in enumerate(part.kinds):
            yield f'{", " if number else ""}"{kind.table}": '.encode()
            yield from json_list(part.rows(connection, self.ring, kind))
        yield b"}}"

    def _schema(self) -> dict[str, Any]:
        """What the tables and columns are, and what is left out for which reason: the file explains itself."""
        kinds = {kind.table: kind for part in self.parts for kind in part.kinds}
        return {
            kind.table: {"about": kind.about, "columns": kind.columns, "left_out": dict(kind.left_out)}
            for kind in kinds.values()
        }


class _Sink(io.RawIOBase):
    """Where the archive is written to; what is there is taken on at once."""

    def __init__(self) -> None:
        super().__init__()
        self._chunks: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._chunks.append(bytes(data))
        return len(data)

    def taken(self) -> list[bytes]:
        """What was written since."""
        taken, self._chunks = self._chunks, []
        return taken
