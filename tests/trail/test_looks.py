"""Each reader but the patient is noted once a day and kind of page, after the page was sent."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from companion import clock
from companion.accounts.models import Account
from companion.database import transaction
from companion.extensions import db
from companion.trail.models import TrailEntry
from companion.trail.operations import Walk, broken_chains, look_by_link, tell_look
from companion.trail.routes import KNOWN
from tests import factories
from tests.people import People

ClientOf = Callable[[Account | None], FlaskClient]


def looks() -> list[tuple[str, str, str, str | None]]:
    db.session.rollback()
    query = sa.select(TrailEntry).where(TrailEntry.verb.in_(("read", "refused"))).order_by(TrailEntry.id)
    return [(one.actor, one.verb, one.kind, one.object_id) for one in db.session.scalars(query)]


def read(client: FlaskClient, path: str, **options: Any) -> Any:
    """Read a page to its end, as a browser does."""
    return client.get(path, buffered=True, **options)


def test_what_others_read_is_noted_once_a_day(app: Flask, people: People, client_of: ClientOf) -> None:
    for _again in range(2):
        read(client_of(people.ana), "/circle")
        for path in ("/circle", "/circle/contacts", "/infusions", "/check-ins"):
            read(client_of(people.ben), path)
        read(client_of(people.sam), f"/circle?circle={people.circle.public_id}")
        app.extensions[KNOWN].clear()  # another process
    ben = people.ben.public_id
    assert looks() == [
        (ben, "read", "circle", None),
        (ben, "read", "infusions", None),
        (ben, "refused", "check_ins", None),
    ]
    assert list(broken_chains(Walk())) == []


def test_a_look_is_noted_again_on_the_next_day_of_the_circle(app: Flask, people: People) -> None:
    with transaction():
        people.circle.tz = "Asia/Shanghai"
    look = look_by_link(people.circle, "x")
    midnight = look.day_begins(clock.now()) + timedelta(days=2)
    told = [tell_look(look, midnight + timedelta(minutes=m)) for m in (-1, 0, 23 * 60, 24 * 60)]
    assert told == [True, True, False, True]


def test_a_clinician_link_and_a_copy_on_a_phone_are_noted(app: Flask, people: People, client_of: ClientOf) -> None:
    with transaction():
        link = factories.clinician_link(people.circle, people.ana)
        token, ident = link.token, link.public_id
    read(client_of(None), f"/clinician/{token}")
    read(client_of(people.ana), f"/clinician/{token}")
    read(client_of(people.vera), "/offline/snapshot")
    assert looks() == [
        ("link", "read", "doctors_report", ident),
        (people.vera.public_id, "read", "phone_copy", None),
    ]


def test_a_look_that_cannot_be_noted_shows_the_page_all_the_same(
    app: Flask, people: People, client_of: ClientOf, capsys: pytest.CaptureFixture[str]
) -> None:
    client = client_of(people.ben)
    with transaction():
        db.session.execute(sa.text("alter table trail_entries rename to gone"))
    answer = read(client, "/circle")
    with transaction():
        db.session.execute(sa.text("alter table gone rename to trail_entries"))
    assert answer.status_code == 200
    assert looks() == []
    read(client, "/circle")
    assert len(looks()) == 1
