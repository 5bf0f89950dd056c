"""Duties: claimed by the first, handed over and accepted, given back, assigned, not needed, taken back."""

from typing import Any

import pytest

from companion.database import transaction
from companion.extensions import db
from companion.infusions import operations as infusions
from companion.preparations import operations, queries
from companion.preparations.models import Duty
from companion.preparations.operations import ChangeCannotBeUndone, DutyTaken, NotOnDuty, OfferIsGone
from tests import factories
from tests.infusions.plans import NOW, D, courses, start


def course(people: Any, **values: Any) -> Any:
    return courses(start(people.circle, **{"day_offsets": [0, 1], "local_time": "09:00", **values}))[0]


def write(operation: Any, *args: Any, **values: Any) -> Any:
    with transaction():
        return operation(*args, **{"now": NOW, **values})


def drivers(infusion: Any) -> list[tuple[str, Any]]:
    db.session.expire_all()
    return [(one.state, one.duty and one.duty.account_id) for one in queries.day_duties(infusion)["drive"]]


def test_the_first_to_claim_wins_and_the_second_learns_who(people):
    infusion = course(people)
    first = write(operations.claim_duty, infusion, "drive", account=people.ben)
    write(operations.claim_duty, infusion, "drive", account=people.ben)
    with pytest.raises(DutyTaken) as taken:
        write(operations.claim_duty, infusion, "drive", account=people.vera)
    assert taken.value.duty.account_id == people.ben.id
    assert drivers(infusion) == [("taken", people.ben.id)] * 2
    write(operations.undo_change, first)
    assert drivers(infusion) == [("open", None)] * 2


def test_days_are_claimed_one_by_one_or_all_that_are_open(people):
    infusion = course(people)
    write(operations.claim_duty, infusion, "drive", [2], account=people.ben)
    write(operations.claim_duty, infusion, "drive", account=people.vera)
    assert drivers(infusion) == [("taken", people.vera.id), ("taken", people.ben.id)]
    write(operations.give_back_duty, infusion, "drive", account=people.vera)
    assert drivers(infusion) == [("open", None), ("taken", people.ben.id)]
    with pytest.raises(NotOnDuty):
        write(operations.give_back_duty, infusion, "drive", account=people.vera)
    for role, days in (("cook", None), ("drive", [9])):
        with pytest.raises(KeyError):
            write(operations.claim_duty, infusion, role, days, account=people.vera)


def test_who_hands_over_stays_on_duty_until_the_other_accepts(people):
    infusion = course(people)
    write(operations.claim_duty, infusion, "drive", account=people.ben)
    offer = {"to": people.vera, "account": people.ben, "only_own": True}
    write(operations.offer_duty, infusion, "drive", **offer)
    assert drivers(infusion) == [("taken", people.ben.id)] * 2
    write(operations.decline_duty, infusion, "drive", account=people.vera)
    with pytest.raises(OfferIsGone):
        write(operations.accept_duty, infusion, "drive", account=people.vera)
    change = write(operations.offer_duty, infusion, "drive", **offer)
    write(operations.accept_duty, infusion, "drive", account=people.vera)
    assert drivers(infusion) == [("taken", people.vera.id)] * 2
    with pytest.raises(NotOnDuty):
        write(operations.offer_duty, infusion, "drive", **offer)
    with pytest.raises(ChangeCannotBeUndone):
        write(operations.undo_change, change)


def test_names_from_outside_are_sealed(people):
    infusion = course(people)
    change = write(operations.assign_duty, infusion, "stay", name="Aunt May", account=people.ana)
    duty = db.session.query(Duty).first()
    assert "Aunt May" not in duty.name_sealed
    assert (duty.name, duty.state, duty.account_id) == ("Aunt May", "taken", None)
    write(operations.undo_change, change)
    assert (duty.name, duty.state) == (None, "open")


def test_a_yes_is_for_the_date_it_was_said_for(people):
    infusion = course(people)
    write(operations.claim_duty, infusion, "drive", account=people.ben)
    write(infusions.move_day, infusion.days[0], to_on=D("2027-03-08"))
    db.session.expire_all()
    (first, second) = queries.day_duties(infusion)["drive"]
    assert (first.state, first.is_settled, second.is_settled) == ("taken", False, False)
    assert queries.driver_of(infusion.days[0], queries.duties_of([infusion])[infusion.id]) is None
    write(operations.claim_duty, infusion, "drive", account=people.vera)
    assert drivers(infusion) == [("taken", people.vera.id)] * 2


def test_an_infusion_has_a_driver_when_each_open_day_has_one_or_needs_none(people):
    infusion = course(people)
    assert not queries.has_driver(infusion)
    write(operations.offer_duty, infusion, "drive", to=people.ben, account=people.ana, only_own=False)
    assert not queries.has_driver(infusion)
    write(operations.accept_duty, infusion, "drive", account=people.ben)
    assert queries.has_driver(infusion)
    write(operations.clear_duty, infusion, "drive", [1], needed=True, account=people.ana)
    assert not queries.has_driver(infusion)
    write(operations.clear_duty, infusion, "drive", needed=False, account=people.ana)
    assert queries.has_driver(infusion)


@pytest.mark.parametrize(
    ("values", "before", "once_shared"),
    [
        ({"at_home": False}, True, True),
        ({}, False, True),
        ({"at_home": True}, False, False),
        ({"route": "SC"}, False, False),
        ({"route": "SC", "at_home": False}, True, True),
        ({"route": "SC", "at_home": True}, False, False),
    ],
)
def test_a_drive_is_asked_for_to_a_clinic_or_where_duties_are_shared(people, values, before, once_shared):
    infusion = course(people, **values)
    assert queries.needs_a_drive(infusion) is before
    write(operations.claim_duty, infusion, "stay", account=people.ben)
    assert queries.needs_a_drive(infusion) is once_shared


def test_a_patient_alone_is_not_asked_for_a_driver(people):
    infusion = courses(start(people.sams_circle, at_home=False))[0]
    assert not queries.needs_a_drive(infusion)
    with transaction():
        factories.membership(people.sams_circle, people.vera, "calendar_only")
    db.session.expire_all()
    assert queries.needs_a_drive(infusion)
