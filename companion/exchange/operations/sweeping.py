"""What erased rows leave behind in files: pages of the database, and mails written to a folder."""

import re
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from flask import current_app

from companion.circle_guard import across_circles
from companion.deletion_list import SWEPT
from companion.delivery.models import Delivery
from companion.exchange.operations.listing import deletion_list, write_down
from companion.extensions import db
from companion.failpoints import failpoint
from companion.logs import log

WRITTEN_MAIL = re.compile(r"\d{8}T\d{6}Z-([\w-]{22})\.eml", re.ASCII)


def sweep(now: datetime) -> bool:
    """Write the files of the database anew without what was erased, once after each erasure; False: later again."""
    if deletion_list().is_swept():
        return True
    remove_written_mails(current_app.config["COMPANION"].outbox)
    failpoint("before_sweeping")
    db.session.rollback()
    swept = _sweep_sqlite() if db.engine.dialect.name == "sqlite" else _sweep_postgresql()
    if swept:
        write_down([(SWEPT, "")], now)
    return swept


@across_circles("a mail in the outbox names its delivery")
def remove_written_mails(folder: Path) -> None:
    """Remove each mail in the outbox whose delivery is not there any more."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        found = WRITTEN_MAIL.fullmatch(path.name)
        if found is None:
            continue
        if db.session.scalar(sa.select(Delivery.id).where(Delivery.public_id == found[1])) is None:
            path.unlink(missing_ok=True)


def _sweep_sqlite() -> bool:
    """The file is written anew from what is in use, then the write-ahead log emptied, once nobody reads from it."""
    raw = db.engine.raw_connection()
    try:
        connection = raw.driver_connection
        if connection is None:
            return False
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("VACUUM")
        busy, _pages, _done = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except db.engine.dialect.loaded_dbapi.OperationalError as error:  # somebody writes or reads for long
        log.warning("sweeping waits", kind=type(error).__name__)
        return False
    finally:
        raw.close()
    return not busy


def _sweep_postgresql() -> bool:
    """Erased rows are taken out of their pages. The space is used again, and not given back to the disk."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM"))
    return True
