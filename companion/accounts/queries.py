"""Reads of accounts, their sign-in requests and sessions."""

import base64
import hashlib
import hmac
import unicodedata
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Request, current_app, g
from sqlalchemy.orm import joinedload

from companion import clock
from companion.accounts.models import SIGN_IN, Account, AccountSession, Passkey, RecoveryCode, SignInRequest
from companion.database import keyring
from companion.delivery.models import MailAddress
from companion.delivery.queries import open_subscriptions
from companion.extensions import db

IDLE, IDLE_SHARED = timedelta(days=30), timedelta(minutes=15)
LONGEST, LONGEST_SHARED = timedelta(days=180), timedelta(hours=8)
FRESH = timedelta(minutes=5)
LOCKED, LIMITED = "locked", "limited"
"""Why most pages are closed to somebody who is signed in."""
CODE_DIGITS = 6
LONGEST_NEXT = 300


def token_hash(token: str) -> str:
    """What is stored of a bearer token."""
    return hashlib.sha256(token.encode()).hexdigest()


def session_cookie_name() -> str:
    """The name of the sign-in cookie; `__Host-` binds it to this host where https is used."""
    return f"{current_app.config['COOKIE_PREFIX']}session"


def browser_cookie_name() -> str:
    """The name of the cookie that ties a wish to sign in to the browser that asked."""
    return f"{current_app.config['COOKIE_PREFIX']}browser"


def device_cookie_name() -> str:
    """The name of the cookie that says which of an account's devices this browser is; it lets nobody in."""
    return f"{current_app.config['COOKIE_PREFIX']}device"


def cookie_settings() -> dict[str, Any]:
    """What every cookie that lets someone in has in common."""
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    return {"httponly": True, "samesite": "Lax", "secure": secure, "path": "/"}


def session_cookie(shared_device: bool) -> dict[str, Any]:
    """Name and settings of the sign-in cookie; on a shared device it goes when the browser is closed."""
    longest = None if shared_device else LONGEST
    return {"key": session_cookie_name(), "max_age": longest, **cookie_settings()}


def account_of_request(request: Request) -> Account | None:
    """The account whose live session the cookie names. Flask-Login calls this once a request."""
    token = request.cookies.get(session_cookie_name())
    now = clock.now()
    found = session_of_token(token, now) if token else None
    if found is None:
        return None
    g.account_session, g.closed, g.is_fresh = found, closed_state(found, now), is_fresh(found, now)
    return found.account


def session_of_token(token: str, now: datetime) -> AccountSession | None:
    """The live session of a token."""
    query = (
        sa.select(AccountSession)
        .options(joinedload(AccountSession.account))
        .where(AccountSession.token_hash == token_hash(token), AccountSession.ended_at.is_(None))
    )
    found = db.session.scalars(query).first()
    return found if found is not None and is_alive(found, now) else None


def is_alive(session: AccountSession, now: datetime) -> bool:
    """Whether a session is neither ended nor too old nor left alone for too long."""
    idle = IDLE_SHARED if session.shared_device else IDLE
    return session.ended_at is None and now < session.expires_at and now - session.last_seen_at <= idle


def sessions_of(account: Account, now: datetime) -> list[AccountSession]:
    """The live sessions of an account, the last used first."""
    query = (
        sa.select(AccountSession)
        .where(AccountSession.account_id == account.id, AccountSession.ended_at.is_(None))
        .order_by(AccountSession.last_seen_at.desc(), AccountSession.id.desc())
    )
    return [session for session in db.session.scalars(query) if is_alive(session, now)]


def has_unbound_devices(account: Account) -> bool:
    """Whether messages go to a device of which nobody knows whose sign-in it is."""
    return any(device.session_id is None for device in open_subscriptions(account.id))


def normalised_email(text: str) -> str:
    """A mail address as it is compared: no blank edges, full-width letters as plain ones, lower case."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def address_of(email: str) -> MailAddress | None:
    """The stored row of a normalised mail address."""
    query = sa.select(MailAddress).where(MailAddress.email_hash == keyring().fingerprint(email))
    return db.session.scalars(query).first()


def link_token(request: SignInRequest) -> str:
    """The token in the mailed link. It is worked out from the secret key, so that it is stored nowhere."""
    seal = base64.urlsafe_b64encode(_derived("link", request.public_id)).decode().rstrip("=")
    return f"{request.public_id}.{seal}"


def code_of(request: SignInRequest) -> str:
    """The six digits of a request, worked out from the secret key."""
    number = int.from_bytes(_derived("code", request.public_id), "big") % 10**CODE_DIGITS
    return f"{number:0{CODE_DIGITS}d}"


def _derived(purpose: str, public_id: str) -> bytes:
    key: str = current_app.config["COMPANION"].secret_key
    return hmac.new(key.encode(), f"sign-in {purpose}:{public_id}".encode(), hashlib.sha256).digest()


def request_of_token(token: str) -> SignInRequest | None:
    """The request that a link was mailed for, alive or not; None for a link that was never mailed."""
    query = sa.select(SignInRequest).where(
        SignInRequest.public_id == token.partition(".")[0], SignInRequest.purpose == SIGN_IN
    )
    found = db.session.scalars(query).first()
    fits = found is not None and hmac.compare_digest(link_token(found).encode(), token.encode())
    return found if fits else None


def is_open(request: SignInRequest, now: datetime) -> bool:
    """Whether a request can still be used."""
    return request.used_at is None and request.tries_left > 0 and now < request.expires_at


def open_requests(browser: str | None, now: datetime, purpose: str = SIGN_IN) -> list[SignInRequest]:
    """The requests that one browser can still use, newest first."""
    if not browser:
        return []
    query = (
        sa.select(SignInRequest)
        .where(SignInRequest.browser_hash == token_hash(browser), SignInRequest.expires_at > now)
        .where(SignInRequest.purpose == purpose)
        .order_by(SignInRequest.id.desc())
    )
    return [request for request in db.session.scalars(query) if is_open(request, now)]


def names_of(public_ids: Collection[str]) -> dict[str, str | None]:
    """The names of those accounts that are there, by their public ids."""
    found = db.session.scalars(sa.select(Account).where(Account.public_id.in_(public_ids)))
    return {account.public_id: account.name for account in found}


def local_path(text: str | None) -> str:
    """A path of this site to go on to; anything else becomes the start page."""
    path = text or "/"
    plain = path.isprintable() and "\\" not in path and len(path) <= LONGEST_NEXT
    return path if plain and path.startswith("/") and not path.startswith("//") else "/"


def is_asking_browser(request: SignInRequest, browser: str | None) -> bool:
    """Whether a browser is the one that asked."""
    return browser is not None and hmac.compare_digest(request.browser_hash, token_hash(browser))


# --- passkeys, what they open, and the lock ---


def is_fresh(session: AccountSession, now: datetime) -> bool:
    """Whether the person of a session showed within the last five minutes that it is them."""
    return session.stepped_up_at is not None and now - session.stepped_up_at <= FRESH


def is_locked(session: AccountSession, now: datetime) -> bool:
    """Whether a session was left alone so long that its pages wait for a touch; without a passkey never."""
    account = session.account
    return account.has_passkey and now - session.used_at >= timedelta(minutes=account.lock_minutes)


def closed_state(session: AccountSession, now: datetime) -> str:
    """Why most pages are closed to a session: LIMITED, LOCKED, or nothing."""
    if session.limited and session.account.has_passkey:
        return LIMITED
    return LOCKED if is_locked(session, now) else ""


def passkeys_of(account: Account) -> list[Passkey]:
    """The passkeys of an account, the oldest first."""
    return list(db.session.scalars(sa.select(Passkey).where(Passkey.account_id == account.id).order_by(Passkey.id)))


def passkey_of(account: Account, ident: str) -> Passkey | None:
    """One passkey of an account by its public id."""
    query = sa.select(Passkey).where(Passkey.account_id == account.id, Passkey.public_id == ident)
    return db.session.scalars(query).first()


def passkey_of_credential(credential_id: str) -> Passkey | None:
    """The passkey that a browser names."""
    query = sa.select(Passkey).where(Passkey.credential_hash == token_hash(credential_id))
    return db.session.scalars(query).first()


def mail_reaches(account: Account) -> bool:
    """Whether a mail is a way in: an address that was confirmed, and from which nothing came back."""
    return any(one.confirmed_at is not None and one.bad_since_at is None for one in account.addresses)


def recovery_codes_left(account: Account) -> int:
    """How many recovery codes were not used yet."""
    query = sa.select(sa.func.count(RecoveryCode.id)).where(
        RecoveryCode.account_id == account.id, RecoveryCode.used_at.is_(None)
    )
    return int(db.session.scalar(query) or 0)


def knows_device(account: Account, token: str | None) -> bool:
    """Whether a browser that signs in by mail held a full session of this account before, which nobody ended."""
    if not token:
        return False
    query = sa.select(AccountSession.id).where(
        AccountSession.token_hash == token_hash(token),
        AccountSession.account_id == account.id,
        AccountSession.ended_at.is_(None),
        AccountSession.limited.is_(False),
    )
    return db.session.scalar(query) is not None
