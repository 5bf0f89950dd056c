"""Consents given where a form showed their words, and taken back."""

from collections.abc import Collection, Iterable
from datetime import datetime

from companion.accounts.models import Account
from companion.consents import queries
from companion.consents.models import OF_CIRCLE, VERSIONS, Consent
from companion.extensions import db


def agree(
    account: Account,
    shown: Iterable[str],
    *,
    asked: Collection[str],
    circle_id: int | None = None,
    language: str,
    now: datetime,
) -> list[Consent]:
    """Note what somebody agreed to by sending a form. `shown` are the words that it showed, as `purpose.version`.

    Only what this form asks counts (`asked`), and only versions that there are. What was agreed to before stays as it
    was.
    """
    made = []
    for purpose, version in filter(None, map(_read, shown)):
        about = circle_id if purpose in OF_CIRCLE else None
        if purpose not in asked or version > VERSIONS[purpose]:
            continue
        known = queries.live_consent(account, purpose, about)
        if known is not None and known.version >= version:
            continue
        made.append(
            Consent(
                account_id=account.id,
                circle_id=about,
                purpose=purpose,
                version=version,
                language=language,
                given_at=now,
            )
        )
    db.session.add_all(made)
    db.session.flush()
    return made


def _read(shown: str) -> tuple[str, int] | None:
    purpose, _dot, version = shown.partition(".")
    is_known = purpose in VERSIONS and version.isascii() and version.isdecimal() and len(version) < 5
    return (purpose, int(version)) if is_known else None


def withdraw(consent: Consent, now: datetime) -> None:
    """Note that somebody took all their consents to the same purpose back; what follows from it is not done here."""
    for one in queries.live_consents(consent.account, consent.purpose, consent.circle_id):
        one.withdrawn_at = now
    db.session.flush()
