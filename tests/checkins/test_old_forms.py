"""Forms of earlier versions and of earlier settings, kept on a phone for weeks, are still taken whole."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from companion.accounts.models import Account
from companion.checkins.models import CheckIn, Device, MarkerTask
from companion.checkins.operations import use_device, watch_tasks
from companion.database import transaction
from companion.extensions import db
from tests.people import People

ClientOf = Callable[[Account | None], FlaskClient]
LONG_AGO = date(2026, 1, 1)
JSON = {"Accept": "application/json"}
FIRST_VERSION = {
    "left_rating": "2",
    "right_rating": "3",
    "left_grip": "21,5",
    "right_grip": "",
    "right_grip_cannot": "y",
    "symptoms": "cold",
    "note": "from the first version",
    "day": "today",
    "on": "",
}
"""The fields of the form as the first version drew it. Never change them: phones out there may still send them."""


def stored() -> CheckIn:
    db.session.rollback()
    return db.session.scalars(sa.select(CheckIn).order_by(CheckIn.id.desc())).first() or pytest.fail("nothing stored")


def test_a_form_of_the_first_version_is_taken_whole(people: People, client_of: ClientOf) -> None:
    with transaction():
        use_device(people.circle, name="Meter", unit="kg", on=LONG_AGO)
        (task,) = watch_tasks(people.circle, ["key"], None, on=LONG_AGO)
        field = f"task_{task.public_id}_left"
    form = {**FIRST_VERSION, field: "easy", "circle": people.circle.public_id, "client_id": "old-1"}
    assert client_of(people.ana).post("/check-ins", data=form, headers=JSON).status_code == 201
    row = stored()
    assert (row.left_rating, row.right_rating, row.note, row.symptoms) == (2, 3, FIRST_VERSION["note"], {"cold"})
    assert [(one.hand, str(one.value), one.unit) for one in row.measurements if one.value] == [("left", "21.5", "kg")]
    assert [(one.hand, one.answer) for one in row.measurements if not one.value] == [("right", "cannot")]
    assert [(one.hand, one.answer) for one in row.task_answers] == [("left", "easy")]


def test_what_waited_keeps_its_task_and_the_unit_of_its_meter(people: People, client_of: ClientOf) -> None:
    """Meanwhile the person watches another task and measures in pounds; then has no meter at all."""
    ana: Any = client_of(people.ana)
    with transaction():
        kilograms = use_device(people.circle, name="Old", unit="kg", on=LONG_AGO).public_id
        (task,) = watch_tasks(people.circle, ["key"], None, on=LONG_AGO)
        field = f"task_{task.public_id}_right"
    page = ana.get("/check-ins/new").text
    assert f'name="device" value="{kilograms}"' in page
    form = {"left_grip": "20", field: "cannot", "device": kilograms}
    with transaction():
        use_device(people.circle, name="New", unit="lb", on=LONG_AGO)
        watch_tasks(people.circle, ["jar"], None, on=LONG_AGO)
    assert ana.post("/check-ins", data={**form, "client_id": "late-1"}, headers=JSON).status_code == 201
    assert [(m.unit, m.device.name) for m in stored().measurements if m.device] == [("kg", "Old")]
    assert [one.marker_task.key for one in stored().task_answers] == ["key"]
    with transaction():
        people.circle.has_grip_meter = False
    assert ana.post("/check-ins", data={**form, "client_id": "late-2"}, headers=JSON).status_code == 201
    assert [m.unit for m in stored().measurements] == ["kg"]


def test_a_meter_or_task_of_another_circle_is_none(people: People, client_of: ClientOf) -> None:
    with transaction():
        theirs = use_device(people.sams_circle, name="Sam's", unit="lb", on=LONG_AGO).public_id
        (task,) = watch_tasks(people.sams_circle, ["key"], None, on=LONG_AGO)
        use_device(people.circle, name="Ana's", unit="kg", on=LONG_AGO)
        field = f"task_{task.public_id}_left"
    form = {"left_grip": "20", field: "easy", "device": theirs}
    assert client_of(people.ana).post("/check-ins", data=form).status_code == 303
    assert [m.device.name for m in stored().measurements if m.device] == ["Ana's"]
    assert stored().task_answers == []
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Device)) == 2
    assert db.session.scalar(sa.select(sa.func.count()).select_from(MarkerTask)) == 1
