"""Databases with people, sessions and phones in them come to this version, and go back."""

from flask import Flask

from companion import clock
from companion.accounts.models import AccountSession
from companion.database import transaction
from companion.extensions import alembic, db
from tests import factories
from tests.people import People


def test_sessions_that_phones_hang_on_come_along(app: Flask, people: People) -> None:
    with transaction():
        factories.session_token(people.ana, clock.now())
        device = factories.push_subscription(people.ana)
        device.session_id = db.session.query(AccountSession.id).scalar()
    db.session.close()
    alembic.downgrade("0022")
    db.session.close()
    alembic.upgrade()
    session = db.session.query(AccountSession).one()
    assert session.used_at == session.last_seen_at
    assert not session.limited
