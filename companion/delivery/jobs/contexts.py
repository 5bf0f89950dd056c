"""A session and a reader of its own, apart from the page or job around it."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import current_app

from companion.extensions import db


@contextmanager
def own_context() -> Iterator[None]:
    """Inside, nothing is known of what was read or who is signed in outside."""
    with current_app._get_current_object().app_context():  # type: ignore[attr-defined]
        try:
            yield
        finally:
            db.session.rollback()
