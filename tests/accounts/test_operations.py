"""Writes of accounts that no page shows."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from companion import clock
from companion.accounts import jobs, operations
from companion.accounts.models import Account, SignInRequest
from companion.database import transaction
from companion.delivery.models import Delivery, MailAddress
from companion.extensions import db
from tests.accounts.browsers import ask, newest_request


def count(model):
    return db.session.scalar(sa.select(sa.func.count()).select_from(model))


def test_what_was_never_confirmed_is_forgotten_after_a_week(people, client_of, later):
    before = count(Account)
    ask(client_of(None), "new@example.org")
    ask(client_of(None))
    later(days=6, hours=23)
    jobs.forget_stale()
    assert count(Account) == before + 1
    later(hours=2)
    jobs.forget_stale()
    db.session.rollback()
    assert count(Account) == count(MailAddress) == before
    assert count(SignInRequest) == 0
    assert count(Delivery) == 1


def test_a_mail_that_is_of_no_use_any_more_is_not_written(people, client_of):
    ask(client_of(None))
    asked, now = newest_request(), clock.now()
    delivery = operations.plan_sign_in_mail(asked, now)
    assert operations.compose_sign_in_mail(delivery, now) is not None
    assert operations.compose_sign_in_mail(delivery, now + timedelta(minutes=11)) is None
    with transaction():
        operations.use_request(asked, now)
    assert operations.compose_sign_in_mail(delivery, now) is None


def test_a_request_is_used_once(people, client_of):
    ask(client_of(None))
    asked, now = newest_request(), clock.now()
    with transaction():
        operations.use_request(asked, now)
    with pytest.raises(operations.RequestClosed), transaction():
        operations.use_request(asked, now)


def test_asking_again_gives_a_returned_address_another_chance(people, client_of):
    with transaction():
        people.ana.address.bad_since_at = clock.now()
    ask(client_of(None))
    address = db.session.scalars(sa.select(MailAddress).where(MailAddress.account_id == people.ana.id)).one()
    assert address.bad_since_at is None


def test_only_preferences_can_be_changed(people):
    with pytest.raises(KeyError):
        operations.change_preferences(people.ana, created_at=clock.now())


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari · iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140 Safari/537.36 Edg/140", "Edge · Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox · Linux"),
        ("curl/8.0", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_a_device_has_a_name(agent, words):
    assert operations.device_name(agent) == words
