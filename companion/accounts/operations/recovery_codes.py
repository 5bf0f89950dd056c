"""Recovery codes: eight on a sheet of paper, each good once, to open what a sign-in by mail leaves closed."""

import re
import secrets
import unicodedata
from datetime import datetime

import sqlalchemy as sa

from companion.accounts.models import Account, RecoveryCode
from companion.accounts.operations import notices
from companion.database import keyring
from companion.extensions import db
from companion.trail.operations import untold

CODES, GROUPS, GROUP_DIGITS = 8, 3, 4
"""Twelve digits are 40 bits. Digits, because a phone has large keys for them and they look alike in no script."""


def make_codes(account: Account, now: datetime) -> list[str]:
    """Eight new codes, shown once; all earlier ones are void."""
    db.session.refresh(account, with_for_update=True)
    void = sa.delete(RecoveryCode).where(RecoveryCode.account_id == account.id)
    db.session.execute(void, execution_options=untold("the new ones are told"))
    codes = [_fresh_code() for _ in range(CODES)]
    for code in codes:
        row = RecoveryCode(account_id=account.id, code_hash=_hash(account, code), created_at=now)
        db.session.add(row)
    db.session.flush()
    notices.tell(account, notices.CODES_MADE, now)
    return codes


def use_code(account: Account, typed: str, now: datetime) -> bool:
    """Whether what was typed is one of the account's codes; from then on it is not any more."""
    query = (
        sa.update(RecoveryCode)
        .where(RecoveryCode.account_id == account.id, RecoveryCode.used_at.is_(None))
        .where(RecoveryCode.code_hash == _hash(account, plain_code(typed)))
    )
    options = untold("signing in changes nothing of a circle")
    used: int = db.session.execute(query.values(used_at=now), execution_options=options).rowcount  # type: ignore[attr-defined]
    if used:
        notices.tell(account, notices.CODE_USED, now)
    return used == 1


def plain_code(typed: str) -> str:
    """The digits of a code, however they were grouped; full-width digits count."""
    return re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", typed))


def _fresh_code() -> str:
    return " ".join(f"{secrets.randbelow(10**GROUP_DIGITS):0{GROUP_DIGITS}d}" for _ in range(GROUPS))


def _hash(account: Account, code: str) -> str:
    """Keyed, so that a stolen database alone does not give the codes away."""
    return keyring().fingerprint(f"recovery code:{account.public_id}:{plain_code(code)}")
