"""The deletion list of the running application."""

from collections.abc import Iterable
from datetime import datetime

from flask import current_app

from companion.database import keyring
from companion.deletion_list import SESSION, DeletionList


def deletion_list() -> DeletionList:
    """The list, with the keys that open it."""
    return DeletionList(current_app.config["COMPANION"].deletion_list, keyring())


def write_down(entries: Iterable[tuple[str, str]], now: datetime) -> None:
    """Add ids to the list; on return they are on the disk."""
    deletion_list().add(entries, now)


def erased_sessions() -> frozenset[str]:
    """Hashes of the sign-ins of erased accounts; the file is read again only when it has changed."""
    path = current_app.config["COMPANION"].deletion_list
    try:
        found = path.stat()
    except FileNotFoundError:
        return frozenset()
    mark = (found.st_mtime_ns, found.st_size)
    known = current_app.extensions.setdefault("erased_sessions", {})
    if known.get("mark") != mark:
        known["idents"], known["mark"] = deletion_list().idents(SESSION), mark
    idents: frozenset[str] = known["idents"]
    return idents
