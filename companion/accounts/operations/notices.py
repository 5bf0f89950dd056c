"""What an account is told by mail when a way to sign in changes: each such change goes through `tell`."""

from datetime import datetime, timedelta

from flask_babel import force_locale
from flask_babel import gettext as _

from companion.accounts.models import Account
from companion.delivery.channels.base import Message
from companion.delivery.models import Delivery
from companion.delivery.operations import mail, page_url, plan_delivery, register_subject
from companion.extensions import db
from companion.formatting import when

ACCOUNT_NOTICE = "account_notice"
PASSKEY_ADDED, PASSKEY_REMOVED = "passkey_added", "passkey_removed"
CODES_MADE, CODE_USED = "codes_made", "code_used"
ADDRESS_CHANGED = "address_changed"
SESSION_ENDED, SIGNED_IN_LIMITED = "session_ended", "limited_sign_in"
USEFUL = timedelta(days=2)


def tell(account: Account, what: str, now: datetime) -> Delivery | None:
    """Plan the mail about a change of a way to sign in; without a working address nothing is planned."""
    address = account.address
    if address is None or address.bad_since_at is not None:
        return None
    return plan_delivery(
        subject_kind=ACCOUNT_NOTICE,
        subject_id=account.id,
        stage=what,
        due_slot=now.isoformat(),
        recipient_id=account.id,
        channel="email",
        address_id=address.id,
        due_at=now,
        useful_until=now + USEFUL,
        now=now,
    )


def words_of(what: str) -> str:
    """What happened, in the language of the moment."""
    return {
        PASSKEY_ADDED: _("A passkey was added to your account."),
        PASSKEY_REMOVED: _("A passkey was removed from your account."),
        CODES_MADE: _("New recovery codes were made. Older ones do not work any more."),
        CODE_USED: _("A recovery code was used."),
        ADDRESS_CHANGED: _("Your account has a new email address. The old one lets nobody in any more."),
        SESSION_ENDED: _("A device was signed out of your account."),
        SIGNED_IN_LIMITED: _("Somebody signed in by mail on a new device. It cannot see your history."),
    }[what]


def compose_notice(delivery: Delivery, now: datetime) -> Message | None:
    """The mail in the account's language: what, when, and where to look. It names no illness."""
    account = db.session.get(Account, delivery.recipient_id)
    if account is None:
        return None
    language = account.language or "en"
    with force_locale(language):
        what, at = words_of(delivery.stage), when(delivery.created_at, tz=account.tz)
    link = page_url("accounts.ways_in")
    return mail(delivery, "emails/account_notice", language=language, what=what, at=at, link=link)


register_subject(ACCOUNT_NOTICE, compose_notice)
