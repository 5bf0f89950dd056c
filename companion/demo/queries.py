"""Reads of the sample people."""

import sqlalchemy as sa

from companion.accounts.models import Account
from companion.accounts.queries import address_of
from companion.extensions import db

ADDRESSES = {name: f"{name}@example.org" for name in ("ana", "ben", "vera", "sam")}
"""Whom one can be in the demonstration, and their addresses."""


def account_of(person: str) -> Account | None:
    """The account of one of the sample people; None before they were loaded."""
    address = address_of(ADDRESSES[person])
    return db.session.get(Account, address.account_id) if address else None


def is_empty() -> bool:
    """Whether nobody has an account yet."""
    return db.session.scalar(sa.select(Account.id).limit(1)) is None
