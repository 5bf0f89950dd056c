"""An export of a circle or an account, ready to be written."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.engine import Connection

from companion.accounts.models import Account
from companion.accounts.queries import address_of, normalised_email
from companion.circle_guard import across_circles
from companion.circles.models import Circle
from companion.circles.queries import memberships_of
from companion.config import ROOT
from companion.database import keyring
from companion.exchange.queries.archives import Export
from companion.exchange.queries.catalogue import ACCOUNT, CIRCLE
from companion.exchange.queries.reading import Reading, heading_of
from companion.exchange.queries.rows import Part
from companion.extensions import db
from companion.formatting import full_date
from companion.language import HTML_LANG

STYLES = (ROOT / "static" / "css" / "tokens.css", ROOT / "companion" / "exchange" / "content" / "record.css")


def export_of(circles: Sequence[Circle], account: Account | None, *, language: str, now: datetime) -> Export:
    """All of some circles and of an account. Its words are those of the language in force while it is read."""
    parts = [Part(CIRCLE, one.id, f"circle-{number}") for number, one in enumerate(circles, start=1)]
    parts += [Part(ACCOUNT, account.id, "account")] if account is not None else []
    ring = keyring()

    def page(connection: Connection) -> Iterable[str]:
        readings = [Reading(part, connection, ring) for part in parts]
        return _page(readings, heading_of(parts), language, now)

    return Export(tuple(parts), db.engine, ring, now, page, style())


def _page(readings: list[Reading], heading: str, language: str, now: datetime) -> Iterator[str]:
    template = current_app.jinja_env.get_template("exchange/record.html")
    words: dict[str, Any] = {"page_lang": HTML_LANG[language], "heading": heading, "made_on": full_date(now.date())}
    pieces = template.stream(readings=readings, **words)
    pieces.enable_buffering(100)
    return iter(pieces)


@cache
def style() -> str:
    """The stylesheet that goes along."""
    return "\n".join(path.read_text(encoding="utf-8") for path in STYLES)


def file_name(export: Export) -> str:
    """What the file is called: no name of a person, for it shows in the list of downloads."""
    return f"mmn-companion-{export.made_at:%Y-%m-%d}.zip"


def account_of_email(email: str) -> Account | None:
    """Whose mail address this is."""
    address = address_of(normalised_email(email))
    return None if address is None else db.session.get(Account, address.account_id)


@across_circles("a command names it")
def circle_named(public_id: str) -> Circle | None:
    """A circle by its public id."""
    return db.session.scalars(sa.select(Circle).where(Circle.public_id == public_id)).first()


def circles_kept(account: Account) -> list[Circle]:
    """The circles that an account holds as patient or keeper."""
    return [one.circle for one in memberships_of(account) if "keep_circle" in one.rights]
