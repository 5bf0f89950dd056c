"""Plain functions that make valid rows."""

from datetime import UTC, datetime, timedelta
from typing import Any

from companion.accounts.models import Account, AccountSession
from companion.accounts.queries import token_hash
from companion.circles.models import Circle, Membership
from companion.database import keyring, public_id
from companion.delivery.models import MailAddress
from companion.domain.roles import rights_of
from companion.extensions import db

LONG_AGO = datetime(2025, 1, 1, 12, tzinfo=UTC)


def add(row: Any) -> Any:
    """Add and flush one row."""
    db.session.add(row)
    db.session.flush()
    return row


def account(name: str, email: str, **values: Any) -> Account:
    """An account with a confirmed mail address."""
    defaults: dict[str, Any] = {"tz": "Europe/London", "language": None, "created_at": LONG_AGO}
    made: Account = add(Account(name=name, **(defaults | values)))
    add(
        MailAddress(
            account_id=made.id, email=email, email_hash=keyring().fingerprint(email), confirmed_at=LONG_AGO
        )
    )
    return made


def circle(patient: Account | None = None, keeper: Account | None = None, **values: Any) -> Circle:
    """A circle with its patient or keeper."""
    defaults: dict[str, Any] = {
        "tz": "Europe/London",
        "country": "GB",
        "stage": "on_treatment",
        "has_grip_meter": True,
        "created_at": LONG_AGO,
    }
    made: Circle = add(Circle(patient_account_id=patient.id if patient else None, **(defaults | values)))
    if patient:
        membership(made, patient, "patient")
    if keeper:
        membership(made, keeper, "keeper")
    return made


def membership(circle: Circle, account: Account, preset: str, see_notes: bool = False) -> Membership:
    """A membership with the rights of a preset."""
    made: Membership = add(
        Membership(
            circle_id=circle.id,
            account_id=account.id,
            preset=preset,
            rights=rights_of(preset, see_notes),
            created_at=LONG_AGO,
        )
    )
    return made


def session_token(account: Account, now: datetime) -> str:
    """A signed-in browser's token."""
    token = public_id()
    add(
        AccountSession(
            account_id=account.id,
            token_hash=token_hash(token),
            device="test",
            created_at=now,
            last_seen_at=now,
            expires_at=now + timedelta(days=180),
        )
    )
    return token
