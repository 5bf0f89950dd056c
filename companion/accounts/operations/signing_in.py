"""Writes of accounts: asking to sign in, signing in and out, preferences."""

import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _

from companion.accounts import queries
from companion.accounts.models import ADDRESS, CONFIRM, SIGN_IN, Account, AccountSession, SignInRequest
from companion.accounts.operations import notices
from companion.accounts.operations.passkeys import forget_challenges
from companion.database import keyring
from companion.delivery.channels.base import AnyMessage, Message
from companion.delivery.models import Delivery, MailAddress, PushSubscription
from companion.delivery.operations import (
    BAD_ADDRESS,
    GONE,
    close_subscription,
    forget_deliveries,
    mail,
    page_url,
    plan_delivery,
    register_subject,
    touches,
    write,
)
from companion.extensions import db
from companion.trail.operations import untold

SUBJECT, SIGNED_OUT = "sign_in", "signed_out"
UNKNOWN_ZONE = "UTC"
CODE_LIFE = timedelta(minutes=10)
REQUESTS_AN_HOUR = {SIGN_IN: 3, CONFIRM: 6, ADDRESS: 3}
"""To one address. Only who is signed in can ask for the second kind."""
USED_EVERY = timedelta(minutes=1)
SEEN_EVERY, SEEN_EVERY_SHARED = timedelta(hours=1), timedelta(minutes=1)
UNCONFIRMED_LIFE = timedelta(days=7)
PREFERENCES = frozenset(
    {
        "name",
        "language",
        "theme",
        "thumb",
        "extra_large",
        "tz",
        "country",
        "quiet_from",
        "quiet_to",
        "wakes_for_infusion",
        "lock_minutes",
    }
)
BROWSERS = {
    "Edg": "Edge",
    "SamsungBrowser": "Samsung Internet",
    "MicroMessenger": "WeChat",
    "FxiOS": "Firefox",
    "Firefox": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS": "Mac",
    "Linux": "Linux",
}


class AskedTooOften(Exception):
    """An address has had its three mails of the hour; `again_at` is when the next one is possible."""

    def __init__(self, again_at: datetime) -> None:
        super().__init__()
        self.again_at = again_at


class RequestClosed(Exception):
    """A request to sign in was used before, is too old, or had too many wrong codes."""


def request_sign_in(
    email: str,
    *,
    browser: str,
    language: str,
    next_url: str,
    shared_device: bool,
    now: datetime,
    purpose: str = SIGN_IN,
) -> SignInRequest:
    """Note that a browser asks to sign in by a mail address, which need not be known yet. Good for 10 minutes.

    With the purpose CONFIRM its code lets nobody in: it shows that it is still the person who signed in.
    Raises AskedTooOften on the fourth wish within an hour, whether the address is known or not.
    """
    address = address_for(queries.normalised_email(email), now)
    _refuse_too_often(address, purpose, now)
    request = SignInRequest(
        email=address.email,
        email_hash=address.email_hash,
        browser_hash=queries.token_hash(browser),
        account_id=address.account_id,
        language=language,
        next_url=next_url,
        shared_device=shared_device,
        purpose=purpose,
        created_at=now,
        expires_at=now + CODE_LIFE,
    )
    db.session.add(request)
    db.session.flush()
    return request


def address_for(email: str, now: datetime) -> MailAddress:
    """The address, locked until the end of the transaction; an unknown one gets an unconfirmed account."""
    known = queries.address_of(email)
    if known is not None:
        db.session.refresh(known, with_for_update=True)
        known.bad_since_at = None  # whoever asks says that the mail box works again
        return known
    account = Account(created_at=now)
    db.session.add(account)
    db.session.flush()
    made = MailAddress(account_id=account.id, email=email, email_hash=keyring().fingerprint(email))
    db.session.add(made)
    db.session.flush()
    return made


def _refuse_too_often(address: MailAddress, purpose: str, now: datetime) -> None:
    hour, most = timedelta(hours=1), REQUESTS_AN_HOUR[purpose]
    query = (
        sa.select(SignInRequest.created_at)
        .where(SignInRequest.email_hash == address.email_hash, SignInRequest.created_at > now - hour)
        .where(SignInRequest.purpose == purpose)
        .order_by(SignInRequest.created_at.desc())
        .limit(most)
    )
    asked = list(db.session.scalars(query))
    if len(asked) == most:
        raise AskedTooOften(asked[-1] + hour)


def plan_sign_in_mail(request: SignInRequest, now: datetime) -> Delivery:
    """The delivery of a request's link and code."""
    address = queries.address_of(_email_of(request))
    return plan_delivery(
        subject_kind=SUBJECT,
        subject_id=request.id,
        stage=SUBJECT,
        due_slot=request.created_at.isoformat(timespec="seconds"),
        recipient_id=request.account_id,
        channel="email",
        address_id=address.id if address else 0,
        due_at=now,
        useful_until=request.expires_at,
        now=now,
    )


def compose_sign_in_mail(delivery: Delivery, now: datetime) -> Message | None:
    """The mail with link and code in the language of the page that asked; None when it is of no use any more."""
    request = db.session.get(SignInRequest, delivery.subject_id)
    if request is None or not queries.is_open(request, now):
        return None
    code = queries.code_of(request)
    lets_in = request.purpose == SIGN_IN
    return mail(
        delivery,
        "emails/sign_in" if lets_in else "emails/confirm",
        language=request.language,
        code=f"{code[:3]} {code[3:]}",
        is_new=request.purpose == ADDRESS,
        link=page_url("accounts.sign_in_link", token=queries.link_token(request)) if lets_in else "",
        minutes=int(CODE_LIFE.total_seconds() // 60),
    )


register_subject(SUBJECT, compose_sign_in_mail)


def compose_bad_address(delivery: Delivery, now: datetime) -> AnyMessage | None:
    """What a device says when mail comes back from an address; None when mail goes there again."""
    account = db.session.get(Account, delivery.recipient_id)
    address = db.session.get(MailAddress, delivery.subject_id)
    if account is None or address is None or address.bad_since_at is None:
        return None
    language = account.language or "en"
    with force_locale(language):
        title, body = _("Mail to you comes back"), _("We cannot reach you by mail. See the settings.")
    link = page_url("accounts.settings")
    return write(delivery, "", language=language, title=title, body=body, link=link)


register_subject(BAD_ADDRESS, compose_bad_address)


def try_address_again(account: Account) -> None:
    """Send mails to a person's address again, although one came back."""
    for address in account.addresses:
        address.bad_since_at = None
    db.session.flush()


def _email_of(request: SignInRequest) -> str:
    return request.email or ""


def try_code(requests: list[SignInRequest], code: str, now: datetime) -> SignInRequest | None:
    """The request whose code was typed; otherwise each of them has one try less."""
    fitting = None
    for request in requests:
        db.session.refresh(request, with_for_update=True)
        if not queries.is_open(request, now):
            continue
        if hmac.compare_digest(queries.code_of(request), code):
            fitting = fitting or request
        else:
            request.tries_left -= 1
    db.session.flush()
    return fitting


def use_request(request: SignInRequest, now: datetime) -> Account:
    """Close a request and every other one of the same browser and account, and confirm the address.

    Raises RequestClosed when it can no longer be used.
    """
    db.session.refresh(request, with_for_update=True)
    if not queries.is_open(request, now):
        raise RequestClosed
    db.session.execute(
        sa.update(SignInRequest)
        .where(
            SignInRequest.account_id == request.account_id,
            SignInRequest.browser_hash == request.browser_hash,
            SignInRequest.purpose == request.purpose,
            SignInRequest.used_at.is_(None),
        )
        .values(used_at=now)
    )
    address = queries.address_of(_email_of(request))
    if address is not None and address.confirmed_at is None:
        address.confirmed_at = now
    account = db.session.get_one(Account, request.account_id)
    account.language = account.language or request.language
    db.session.flush()
    return account


def set_zone_if_unknown(account: Account, tz: str) -> None:
    """Take the zone that the browser named, unless the account has one; an odd name is passed over."""
    if account.tz == UNKNOWN_ZONE and tz in available_timezones():
        account.tz = tz


def open_session(
    account: Account,
    *,
    shared_device: bool,
    device: str,
    now: datetime,
    device_id: str | None = None,
    limited: bool = False,
    fresh: bool = True,
) -> str:
    """A fresh session; the token (256 bit) is returned and only its hash is kept.

    `device_id` names the device of the account that this browser is: it belongs to the new session from now on.
    `limited`: until a touch or a recovery code it can write check-ins and see the next date. `fresh`: coming in just
    now showed that it is them, as a touch does, and a mailed code where there is no passkey.
    """
    token = secrets.token_urlsafe(32)
    longest = queries.LONGEST_SHARED if shared_device else queries.LONGEST
    session = AccountSession(
        account_id=account.id,
        token_hash=queries.token_hash(token),
        device=device[:80],
        shared_device=shared_device,
        created_at=now,
        last_seen_at=now,
        used_at=now,
        limited=limited,
        stepped_up_at=now if fresh and not limited else None,
        expires_at=now + longest,
    )
    db.session.add(session)
    db.session.flush()
    bind_device(session.id, account.id, device_id)
    if limited:
        notices.tell(account, notices.SIGNED_IN_LIMITED, now)
    return token


def open_fully(session: AccountSession, now: datetime) -> str:
    """The person of a session showed that it is them: nothing is locked or limited, and it gets a new token."""
    token = secrets.token_urlsafe(32)
    session.token_hash = queries.token_hash(token)
    session.limited, session.used_at, session.last_seen_at, session.stepped_up_at = False, now, now, now
    db.session.flush()
    return token


def bind_device(session_id: int, account_id: int, device_id: str | None) -> None:
    """Remember that a device of an account is the browser of a session."""
    if device_id:
        theirs = sa.update(PushSubscription).where(
            PushSubscription.public_id == device_id, PushSubscription.account_id == account_id
        )
        db.session.execute(theirs.values(session_id=session_id), execution_options=touches())


def end_session(session: AccountSession, now: datetime) -> bool:
    """End a session and the messages to its device; ending it again changes nothing. True where messages ended."""
    session.ended_at = session.ended_at or now
    query = sa.select(PushSubscription).where(PushSubscription.session_id == session.id)
    stopped = [_sign_out(device, now) for device in db.session.scalars(query.with_for_update())]
    db.session.flush()
    return any(stopped)


def end_other_session(session: AccountSession, now: datetime) -> bool:
    """As `end_session`, for a device that is not here: its owner is told by mail."""
    notices.tell(session.account, notices.SESSION_ENDED, now)
    return end_session(session, now)


def stop_messages(device_id: str | None, now: datetime) -> None:
    """Send nothing more to the browser that signs out; `device_id` is what its cookie names."""
    query = sa.select(PushSubscription).where(PushSubscription.public_id == (device_id or ""))
    device = db.session.scalars(query.with_for_update()).first()
    if device is not None:
        _sign_out(device, now)
    db.session.flush()


def _sign_out(device: PushSubscription, now: datetime) -> bool:
    """Close a device. One whose address is gone could be renewed by its browser; signed out, it cannot."""
    was_open = device.closed_at is None
    close_subscription(device, SIGNED_OUT, now=now)
    if device.closed_reason == GONE:
        device.closed_reason = SIGNED_OUT
    return was_open


def needs_to_be_seen(session: AccountSession, now: datetime) -> bool:
    """Whether the last sign of life of a session is old enough to be worth a write."""
    every = SEEN_EVERY_SHARED if session.shared_device else SEEN_EVERY
    return queries.is_alive(session, now) and now - session.last_seen_at >= every


def needs_use_noted(session: AccountSession, now: datetime) -> bool:
    """Whether a session is one that can lock, is open, and was last used long enough ago to be worth a write."""
    is_open = session.account.has_passkey and not queries.is_locked(session, now)
    return is_open and now - session.used_at >= USED_EVERY


def note_seen(session_id: int, now: datetime, *, used: bool = False) -> None:
    """Move the last sign of life of a session to now; with `used` also what its lock counts from."""
    times = {"last_seen_at": now} | ({"used_at": now} if used else {})
    db.session.execute(sa.update(AccountSession).where(AccountSession.id == session_id).values(times))


def device_name(user_agent: str) -> str:
    """Browser and system in two words, for the list of devices; empty where they cannot be told."""
    browser = next((word for sign, word in BROWSERS.items() if sign in user_agent), "")
    system = next((word for sign, word in SYSTEMS.items() if sign in user_agent), "")
    return " · ".join(filter(None, (browser, system)))


def change_preferences(account: Account, **values: Any) -> dict[str, Any]:
    """Set preferences and return what they were. Raises KeyError for anything that is none."""
    unknown = set(values) - PREFERENCES
    if unknown:
        raise KeyError(*unknown)
    before = {name: getattr(account, name) for name in values}
    for name, value in values.items():
        setattr(account, name, value)
    db.session.flush()
    return before


def forget_unconfirmed(now: datetime) -> int:
    """Remove accounts whose address was never confirmed for 7 days; returns how many."""
    confirmed = sa.select(MailAddress.account_id).where(MailAddress.confirmed_at.is_not(None))
    stale = (
        sa.select(Account.id)
        .where(Account.created_at < now - UNCONFIRMED_LIFE, Account.id.in_(sa.select(MailAddress.account_id)))
        .where(Account.id.not_in(confirmed), Account.id.not_in(sa.select(AccountSession.account_id)))
    )
    ids = list(db.session.scalars(stale))
    forget_accounts(ids)
    return len(ids)


def forget_accounts(ids: list[int]) -> None:
    """Remove accounts that nobody ever came into, with all that was asked for them."""
    forget_deliveries(ids)
    for doomed in (
        sa.delete(SignInRequest).where(SignInRequest.account_id.in_(ids)),
        sa.delete(MailAddress).where(MailAddress.account_id.in_(ids)),
        sa.delete(Account).where(Account.id.in_(ids)),
    ):
        options = touches(accounts=ids) | untold("nobody has signed in by them, so they are in no circle")
        db.session.execute(doomed, execution_options=options)


def forget_old_requests(now: datetime) -> int:
    """Remove requests to sign in that are older than 7 days, and what no passkey answered; returns how many."""
    forget_challenges(now)
    old = sa.delete(SignInRequest).where(SignInRequest.created_at < now - UNCONFIRMED_LIFE)
    removed: int = db.session.execute(old).rowcount  # type: ignore[attr-defined]
    return removed
