"""Reads of accounts and their sessions."""

import hashlib
from datetime import timedelta

import sqlalchemy as sa
from flask import Request, current_app, g
from sqlalchemy.orm import joinedload

from companion import clock
from companion.accounts.models import Account, AccountSession
from companion.extensions import db

IDLE, IDLE_SHARED = timedelta(days=30), timedelta(minutes=15)


def token_hash(token: str) -> str:
    """What is stored of a bearer token."""
    return hashlib.sha256(token.encode()).hexdigest()


def session_cookie_name() -> str:
    """The name of the sign-in cookie; `__Host-` binds it to this host where https is used."""
    return f"{current_app.config['COOKIE_PREFIX']}session"


def account_of_request(request: Request) -> Account | None:
    """The account whose live session the cookie names. Flask-Login calls this once a request."""
    token = request.cookies.get(session_cookie_name())
    if not token:
        return None
    now = clock.now()
    query = (
        sa.select(AccountSession)
        .options(joinedload(AccountSession.account))
        .where(AccountSession.token_hash == token_hash(token), AccountSession.ended_at.is_(None))
    )
    found = db.session.scalars(query).first()
    if found is None or now >= found.expires_at:
        return None
    if now - found.last_seen_at > (IDLE_SHARED if found.shared_device else IDLE):
        return None
    g.account_session = found
    return found.account
