"""Supplies at home: added, received, used with their lots, counted, expected, taken back, closed to others."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from companion import clock
from companion.database import transaction
from companion.extensions import db
from companion.infusions.models import Vial
from companion.supplies import operations, queries
from companion.supplies.models import Parcel, Supply
from tests import factories
from tests.infusions.plans import TODAY, courses, start

MARCH, MAY = "03/2028", "05/2028"


@pytest.fixture
def bottles(people):
    """Five bottles of a lot that expires in May, three of one that expires in March."""
    with transaction():
        supply = factories.supply(people.circle, grams=Decimal(4))
        for lot, count, month in (("P5", 5, 5), ("P3", 3, 3)):
            expires_on = TODAY.replace(year=2028, month=month, day=28)
            operations.receive(supply, count=count, on=TODAY, lot=lot, expires_on=expires_on, now=clock.now())
    return supply


def count_of(supply):
    db.session.expire_all()
    return queries.shelf_of(supply, TODAY).count


def undo_path(page):
    return re.search(r'action="(/supply-changes/[^"]+/undo)"', page)[1]


def test_a_supply_is_added_with_what_is_there(people, client_of):
    client = client_of(people.ben)
    form = {"kind": "vial", "name": "Hizentra", "grams": "4", "count": "6", "lot": "p-41 17", "expires": MARCH}
    circle = {"circle": people.circle.public_id, "client_id": "a"}
    answer = client.post("/supplies", data=form | circle)
    assert answer.status_code == 303
    page = client.get(answer.location).text
    assert "Hizentra, 4 g" in page
    assert "lot p-41 17, use by 03/2028" in page
    client.post("/supplies", data=form | circle)
    supply = db.session.scalars(sa.select(Supply)).one()
    assert count_of(supply) == 6
    assert "6 here" in client_of(people.vera).get("/supplies").text


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"name": ""}, "Say what it is, as on the package."),
        ({"grams": "0"}, "Type the grams, such as 20, or leave it empty."),
        ({"low_at": "1.5"}, "Type a whole number, such as 4."),
        ({"lot": "P4117"}, "Say how many."),
        ({"count": "2", "expires": "03/04/2028"}, "Type month and year, such as 03/2028."),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_lost(people, client_of, values, words):
    form = {"kind": "vial", "name": "Cuvitru", **values}
    answer = client_of(people.ana).post("/supplies", data=form)
    assert answer.status_code == 422
    assert words in answer.text
    assert all(f'value="{text}"' in answer.text for text in form.values() if text not in ("", "vial"))
    assert db.session.scalars(sa.select(Supply)).all() == []


def test_an_infusion_takes_the_earliest_expiry_first_and_writes_the_lots(people, client_of, bottles):
    course, client = (
        courses(start(people.circle, TODAY.isoformat(), route="SC", now=clock.now()))[0],
        client_of(people.vera),
    )
    path = f"/infusions/{course.public_id}/supplies"
    assert "Use first: lot P3" in client.get(path).text
    form = {f"used-{bottles.public_id}": "4", "with_vials": "1", "client_id": "a"}
    answer = client.post(path, data=form)
    assert answer.location == f"/infusions/{course.public_id}"
    page = client.get(answer.location).text
    assert "What was used is noted, with 4 lot numbers." in page
    assert sorted(vial.lot for vial in db.session.scalars(sa.select(Vial))) == ["P3", "P3", "P3", "P5"]
    assert count_of(bottles) == 4
    client.post(path, data=form)
    assert count_of(bottles) == 4
    shelf = queries.shelf_of(bottles, TODAY)
    assert (shelf.each, shelf.lasts, shelf.is_low) == (4, 1, True)
    client.post(undo_path(page))
    assert count_of(bottles) == 8
    assert all(vial.deleted_at for vial in db.session.scalars(sa.select(Vial)))


def test_more_than_there_is_changes_nothing_and_keeps_what_was_typed(people, client_of, bottles):
    course = courses(start(people.circle, TODAY.isoformat(), now=clock.now()))[0]
    client, path = client_of(people.ben), f"/infusions/{course.public_id}/supplies"
    answer = client.post(path, data={f"used-{bottles.public_id}": "9"})
    assert answer.status_code == 422
    assert "Only 8 are there. Count again first." in answer.text
    assert 'value="9"' in answer.text
    assert client.post(path, data={f"used-{bottles.public_id}": "x"}).status_code == 422
    assert client.post(path, data={}).status_code == 422
    assert count_of(bottles) == 8


def test_a_parcel_is_expected_comes_once_and_can_be_taken_back(people, client_of, bottles):
    client, soon = client_of(people.ben), TODAY + timedelta(days=3)
    page = f"/supplies/{bottles.public_id}"
    client.post(f"{page}/parcels", data={"count": "10", "expected_on": soon.isoformat()})
    parcel = db.session.scalars(sa.select(Parcel)).one()
    assert "10 on their way" in client.get(page).text
    assert 'value="10"' in client.get(f"/parcels/{parcel.public_id}/arrival").text
    form = {"parcel": parcel.public_id, "count": "9", "lot": "P7", "expires": MAY}
    came = client.get(client.post(f"{page}/stock", data=form).location).text
    assert count_of(bottles) == 17
    assert "Nothing is expected." in came
    assert "arrived already" in client.get(f"/parcels/{parcel.public_id}/arrival", follow_redirects=True).text
    client.post(undo_path(came))
    assert count_of(bottles) == 8
    assert "10 on their way" in client.get(page).text
    client.post(f"/parcels/{parcel.public_id}/cancellation")
    assert "Nothing is expected." in client.get(page).text


def test_counting_again_and_throwing_away_with_undo(people, client_of, bottles):
    client, first = client_of(people.ana), bottles.stocks[0].public_id
    page = client.get(client.post(f"/supply-stocks/{first}/count", data={"count": "2"}).location).text
    assert count_of(bottles) == 5
    client.post(undo_path(page))
    assert count_of(bottles) == 8
    client.post(f"/supply-stocks/{first}/disposal")
    assert count_of(bottles) == 3
    assert client.post(f"/supply-stocks/{first}/count", data={"count": "many"}).status_code == 422


def test_what_is_past_its_date_is_said(people, client_of):
    with transaction():
        supply = factories.supply(people.circle)
        operations.receive(supply, count=1, on=TODAY, expires_on=TODAY - timedelta(days=1), now=clock.now())
    client = client_of(people.vera)
    assert "Some are past their date." in client.get("/supplies").text
    assert "ask the pharmacy" in client.get(f"/supplies/{supply.public_id}").text


def test_a_supply_leaves_the_list_and_comes_back_with_all_that_was_there(people, client_of, bottles):
    client, page = client_of(people.ben), f"/supplies/{bottles.public_id}"
    client.post(f"{page}/deletion")
    assert client.get(page).status_code == 404
    client.post(f"{page}/restoration")
    assert "8 here" in client.get(page).text


def test_who_may(people, client_of, bottles):
    page = f"/supplies/{bottles.public_id}"
    assert client_of(people.vera).get(f"{page}/stock").status_code == 200
    assert client_of(people.vera).get(f"{page}/edit").status_code == 403
    assert client_of(people.sam).get(page).status_code == 404
    strange = courses(start(people.sams_circle, TODAY.isoformat(), now=clock.now()))[0]
    answer = client_of(people.sam).post(
        f"/infusions/{strange.public_id}/supplies", data={f"used-{bottles.public_id}": "1"}
    )
    assert answer.status_code == 422
    assert count_of(bottles) == 8


def test_the_list_asks_the_database_no_more_for_more_supplies(people, bottles):
    statements = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda *words: statements.append(words[2]))
    queries.shelves(people.circle, TODAY)
    few = len(statements)
    with transaction():
        for number in range(5):
            factories.supply(people.circle, name=f"Needles {number}", kind="material")
    statements.clear()
    assert len(queries.shelves(people.circle, TODAY)) == 6
    assert len(statements) == few


def test_today_says_what_runs_low_and_when_more_comes(people, client_of):
    with transaction():
        supply = factories.supply(people.circle, low_at=3)
        operations.receive(supply, count=4, on=TODAY, now=clock.now())
        operations.expect_parcel(supply, count=8, expected_on=None, now=clock.now())
    client = client_of(people.ana)
    assert "runs low" not in client.get("/").text
    with transaction():
        operations.count_again(supply.stocks[0], 3, now=clock.now())
    page = client.get("/").text
    assert "Hizentra runs low: 3 here" in page
    assert "8 on their way, day unknown" in page
