"""An entry that a phone sends again and again is one entry of the trail."""

import threading
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from companion.checkins.models import CheckIn
from companion.database import transaction
from companion.extensions import db
from companion.trail.models import TrailEntry
from tests import factories
from tests.people import People

FORM = {"left_rating": "3", "right_rating": "2", "client_id": "from-a-phone"}
TIMES = 5


def test_an_entry_sent_five_times_at_once_is_told_once(app: Flask, people: People, client_of: Any) -> None:
    with transaction():
        factories.membership(people.sams_circle, people.ana, "calendar_only")
    clients: list[FlaskClient] = [client_of(people.ana) for _ in range(TIMES)]
    form = FORM | {"circle": people.circle.public_id}
    start, answers = threading.Barrier(TIMES), []

    def send(client: FlaskClient) -> None:
        with app.app_context():
            start.wait()
            answers.append(client.post("/check-ins", data=form, headers={"Accept": "application/json"}))

    threads = [threading.Thread(target=send, args=[client]) for client in clients]
    db.session.rollback()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    again = clients[0].post("/check-ins", data=form)
    ids = {answer.json["id"] for answer in answers if answer.status_code == 201}
    assert again.status_code == 303
    row = db.session.scalars(sa.select(CheckIn)).one()
    assert ids == {row.public_id}
    told = db.session.scalars(sa.select(TrailEntry).where(TrailEntry.kind == "check_in")).all()
    assert [(one.verb, one.actor, one.object_id) for one in told] == [("added", people.ana.public_id, row.public_id)]
