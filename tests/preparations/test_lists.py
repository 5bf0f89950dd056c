"""The list of things to prepare: proposed, ticked, changed for one infusion or for all that follow, taken back."""

from typing import Any

import pytest

from companion.extensions import db
from companion.preparations import operations, queries
from companion.preparations.models import Preparation
from companion.preparations.operations import ItemIsGone
from tests.infusions.plans import NOW, courses, start
from tests.preparations.test_duties import write


def keys(owner: Any) -> list[str]:
    db.session.expire_all()
    return [item.key for item in queries.list_of(owner)]


def test_each_route_has_a_list_of_its_own(people):
    vein = courses(start(people.circle))[0]
    home = courses(start(people.circle, "2027-03-06", at_home=True))[0]
    skin = courses(start(people.circle, "2027-03-07", route="SC"))[0]
    assert keys(vein) == ["blood_test", "water", "premedicines", "warm_clothes", "insurance_card"]
    assert keys(home)[0] == "delivery"
    assert keys(skin) == ["delivery", "water", "premedicines"]
    assert db.session.query(Preparation).count() == 0


def test_a_tick_says_who_and_when_and_is_taken_back(people):
    infusion = courses(start(people.circle))[0]
    change = write(operations.tick_item, infusion, "water", done=True, account=people.vera)
    item = next(i for i in queries.list_of(infusion) if i.key == "water")
    assert (item.done_at, item.done_by.id) == (NOW, people.vera.id)
    write(operations.undo_change, change)
    assert [i.done_at for i in queries.list_of(infusion)] == [None] * 5
    write(operations.tick_item, infusion, "water", done=True, account=people.vera)
    write(operations.tick_item, infusion, "water", done=False, account=people.vera)
    assert [i.done_at for i in queries.list_of(infusion)] == [None] * 5
    with pytest.raises(ItemIsGone):
        write(operations.tick_item, infusion, "shoes", done=True)


def test_one_infusion_has_a_list_of_its_own_once_it_is_changed(people):
    first, second = courses(start(people.circle))[:2]
    added = write(operations.add_item, first, "IV", words="Snack 点心", lead_days=1)
    moved = write(operations.move_item, first, "IV", "insurance_card", by=-1)
    removed = write(operations.remove_item, first, "IV", "blood_test")
    write(operations.change_item, first, "IV", "water", words="Tea", lead_days=0)
    row = db.session.query(Preparation).filter_by(kind=None).one()
    assert "Snack 点心" not in row.words_sealed
    assert keys(first) == ["water", "premedicines", "insurance_card", "warm_clothes", row.origin]
    assert queries.list_of(first)[0].words == "Tea"
    assert len(keys(second)) == 5
    for change in (removed, moved, added):
        write(operations.undo_change, change)
    assert keys(first) == ["blood_test", "water", "premedicines", "warm_clothes", "insurance_card"]
    write(operations.move_item, first, "IV", "blood_test", by=-1)
    assert keys(first)[0] == "blood_test"


def test_the_list_of_the_circle_is_where_untouched_infusions_begin(people):
    first, second = courses(start(people.circle))[:2]
    write(operations.tick_item, first, "water", done=True)
    write(operations.remove_item, people.circle, "IV", "blood_test")
    write(operations.add_item, people.circle, "IV", words="Book", lead_days=0)
    assert len(keys(first)) == 5
    assert keys(second)[0] == "water"
    assert queries.list_of(second)[-1].words == "Book"
    write(operations.tick_item, second, keys(second)[-1], done=True)
    assert [i.words for i in queries.list_of(second) if i.done_at] == ["Book"]
    assert len(queries.circle_list(people.circle, "SC")) == 3
