"""Another mail address for an account, once a code that was sent there came back."""

from datetime import datetime

from companion.accounts import queries
from companion.accounts.models import Account, SignInRequest
from companion.accounts.operations import notices
from companion.accounts.operations.signing_in import RequestClosed, forget_accounts
from companion.database import keyring
from companion.delivery.models import Delivery, MailAddress
from companion.extensions import db


class AddressTaken(Exception):
    """The address belongs to somebody's account, perhaps an earlier one of the same person."""


def plan_farewell(account: Account, now: datetime) -> Delivery | None:
    """The notice to the address that is about to go: to be sent before the change, which forgets it."""
    return notices.tell(account, notices.ADDRESS_CHANGED, now)


def change_address(account: Account, request: SignInRequest, now: datetime) -> None:
    """Put the address that a request was mailed to in place of the account's. Raises RequestClosed, AddressTaken.

    What was planned for the old address goes to the new one. Asking made an account that nobody came into: it goes.
    """
    db.session.refresh(request, with_for_update=True)
    if not queries.is_open(request, now):
        raise RequestClosed
    email = request.email or ""
    asked = queries.address_of(email)
    if asked is not None and asked.confirmed_at is not None:
        raise AddressTaken
    if asked is not None:
        forget_accounts([asked.account_id])
        db.session.expire_all()
    mine = account.address or MailAddress(account_id=account.id)
    mine.email, mine.email_hash = email, keyring().fingerprint(email)
    mine.confirmed_at, mine.bad_since_at = now, None
    db.session.add(mine)
    db.session.flush()
    notices.tell(account, notices.ADDRESS_CHANGED, now)
