"""Reads of consents."""

import sqlalchemy as sa

from companion.accounts.models import Account
from companion.consents.models import Consent
from companion.extensions import db


def live_consents(account: Account, purpose: str, circle_id: int | None) -> list[Consent]:
    """What somebody agreed to and did not take back, the newest version first."""
    query = sa.select(Consent).where(
        Consent.account_id == account.id,
        Consent.purpose == purpose,
        Consent.circle_id == circle_id if circle_id is not None else Consent.circle_id.is_(None),
        Consent.withdrawn_at.is_(None),
    )
    return list(db.session.scalars(query.order_by(Consent.version.desc(), Consent.id.desc())))


def live_consent(account: Account, purpose: str, circle_id: int | None) -> Consent | None:
    """The newest of them."""
    return next(iter(live_consents(account, purpose, circle_id)), None)


def consents_of(account: Account) -> list[Consent]:
    """The last word of somebody on each purpose and circle, in the order in which they were given."""
    query = sa.select(Consent).where(Consent.account_id == account.id).order_by(Consent.id)
    last = {(one.purpose, one.circle_id): one for one in db.session.scalars(query)}
    return sorted(last.values(), key=lambda one: one.id)


def consent_named(account: Account, public_id: str) -> Consent | None:
    """One's own consent by its public id."""
    query = sa.select(Consent).where(Consent.account_id == account.id, Consent.public_id == public_id)
    return db.session.scalars(query).first()
