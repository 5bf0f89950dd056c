"""The patient's weight: one a day, in kilograms."""

from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from companion import clock
from companion.circles.models import Weight
from companion.extensions import db


@pytest.fixture
def ben(people, client_of):
    return client_of(people.ben)


def weights():
    return list(db.session.scalars(sa.select(Weight).order_by(Weight.on)))


def save(client, weight, key="k", **fields):
    return client.post("/circle/weights", data={"weight_kg": weight, "client_id": key, **fields})


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("72", "72"), ("72,5", "72.5"), (" 72.5 ", "72.5"), ("７２", "72"), ("2", "2"), ("400", "400")],
)
def test_a_weight_is_saved(ben, typed, kept):
    assert save(ben, typed).status_code == 303
    assert [row.weight_kg for row in weights()] == [Decimal(kept)]
    assert f"{kept} kg" in ben.get("/circle").text


@pytest.mark.parametrize("typed", ["", "1.9", "400.1", "-70", "seventy", "9999", "1e9", "NaN", "😀"])
def test_a_weight_that_cannot_be_is_explained_and_kept(ben, typed):
    answer = save(ben, typed)
    assert answer.status_code == 422
    assert "error-summary" in answer.text
    assert f'value="{typed}"' in answer.text
    assert weights() == []


@pytest.mark.parametrize("on", ["2026-02-30", "0001-01-01", "yesterday"])
def test_a_day_that_does_not_exist(ben, on):
    assert save(ben, "70", on=on).status_code == 422


def test_a_day_that_is_still_to_come(ben):
    assert save(ben, "70", on=str((clock.now() + timedelta(days=3)).date())).status_code == 422


def test_a_second_weight_of_a_day_replaces_the_first_and_undo_brings_it_back(ben):
    save(ben, "70", "a")
    save(ben, "71", "b")
    [row] = weights()
    assert row.weight_kg == 71
    page = ben.get("/circle").text
    undo = f"/circle/weights/{row.public_id}/restoration"
    assert undo in page
    assert ben.post(undo, data={"weight_kg": "70"}).status_code == 303
    assert [one.weight_kg for one in weights()] == [70]
    assert ben.post(undo, data={"weight_kg": ""}).status_code == 303
    assert weights() == []
    assert ben.post(undo, data={"weight_kg": ""}).status_code == 404


def test_the_same_form_twice_is_one_weight(ben):
    assert save(ben, "70").location == save(ben, "70").location
    assert len(weights()) == 1


def test_undo_is_not_for_others(people, ben, client_of):
    save(ben, "70")
    undo = f"/circle/weights/{weights()[0].public_id}/restoration"
    assert client_of(people.sam).post(undo).status_code == 404
    assert client_of(people.vera).post(undo).status_code == 403
    assert len(weights()) == 1
