"""A browser that asks for a mail and reads it, and a clock that tests move."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from companion.accounts import queries
from companion.accounts.models import SignInRequest
from companion.extensions import db

EMAIL = "ana@example.org"


def ask(client: Any, email: str = EMAIL, **fields: str) -> Any:
    """Ask for the sign-in mail."""
    return client.post("/sign-in", data={"email": email, **fields})


def newest_request() -> SignInRequest:
    """The last request to sign in."""
    found: SignInRequest = db.session.scalars(sa.select(SignInRequest).order_by(SignInRequest.id.desc())).first()
    return found


def code() -> str:
    """The code in the newest mail."""
    return queries.code_of(newest_request())


def wrong_code(by: int = 1) -> str:
    """Six digits that are not the code."""
    return f"{(int(code()) + by) % 10**6:06d}"


def link() -> str:
    """The path of the link in the newest mail."""
    return f"/sign-in/link/{queries.link_token(newest_request())}"


def mails(app: Flask) -> list[EmailMessage]:
    """The messages that were sent, oldest first."""
    folder: Path = app.config["COMPANION"].outbox
    paths = sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns) if folder.is_dir() else []
    return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in paths]  # type: ignore[misc]


def cookie(answer: Any, name: str) -> str:
    """The Set-Cookie line of a cookie, or nothing."""
    lines = answer.headers.getlist("Set-Cookie")
    return next((line for line in lines if line.startswith(f"{name}=")), "")
