"""The recall look-up: found however it is written, what to do, how far the records reach; nothing is kept."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from companion import clock
from companion.circles.models import Contact
from companion.database import transaction
from companion.extensions import db
from companion.infusions import operations
from companion.infusions.models import Infusion
from companion.recalls import queries
from companion.recalls.forms import initials
from companion.supplies import operations as supplies
from tests import factories
from tests.infusions.plans import TODAY
from tests.infusions.test_reactions import given

NOTICE = "Examplegam 10 %\tlf-4100 a\t10 g\nExamplegam 10 %\tLF4101A\t10 g"


def with_lots(people: Any, *lots: str, days_ago: int = 3) -> Infusion:
    """A given course with a reaction and one vial of 10 g for each lot."""
    course = given(people, days_ago, product="Octagam 10 %", route="IV")
    with transaction():
        for lot in lots:
            operations.add_vial(course, lot=lot, grams=Decimal(10), now=clock.now())
        if lots:
            operations.add_reaction(
                course, what="Hives on the arm", severity="mild", started_on=TODAY, now=clock.now()
            )
    return course


def call(people: Any, kind: str, phone: str) -> None:
    with transaction():
        contact = Contact(circle_id=people.circle.id, kind=kind)
        contact.phone = phone
        db.session.add(contact)


def test_a_match_says_where_and_what_to_do(people, client_of, capsys):
    course = with_lots(people, "LF4100A", "LF4100A", "LG5")
    call(people, "clinic", "01632 960101")
    call(people, "pharmacy", "01632 960102")
    ben = client_of(people.ben)
    page = ben.get("/recalls").text
    assert "1 infusion with lots." in page
    answer = ben.post("/recalls", data={"notice": NOTICE})
    page = answer.text
    for words in (
        "This lot is in your records",
        "Call the clinic or pharmacy today.",
        "Set that lot aside.",
        "Do not stop treatment on your own.",
        'href="tel:01632960101"',
        'href="tel:01632960102"',
        f'href="/infusions/{course.public_id}"',
        "Octagam 10 %, 2 bottles, 20 g",
    ):
        assert words in page
    assert "Hives" not in page
    assert "LG5" not in page
    assert "Examplegam" not in page
    assert answer.headers["Cache-Control"] == "no-store"
    assert "4100" not in capsys.readouterr().err
    shown = client_of(people.ana).post("/recalls", data={"notice": NOTICE}).text
    assert "Reaction: Hives on the arm" in shown


def test_a_look_alike_is_a_maybe_and_a_range_is_for_the_pharmacist(people, client_of):
    with_lots(people, "LF4100A", "LF4150A")
    page = client_of(people.vera).post("/recalls", data={"notice": "LF41OOA and LF4140A to LF4160A"}).text
    assert "Maybe: look at the label again" in page
    assert "LF41OOA" in page
    assert "Set that lot aside." not in page
    assert "This notice has a range. Read it with the pharmacist." in page
    assert "LF4140A TO LF4160A" in page
    assert "LF4150A" not in page
    assert "may mean all lots" in client_of(people.vera).post("/recalls", data={"notice": "所有批号"}).text


def test_no_match_states_how_far_the_records_reach(people, client_of):
    with_lots(people, "LF4100A", days_ago=25)
    with_lots(people, days_ago=20)
    with transaction():
        waiting = factories.infusion(people.circle)
        waiting.days[0].planned_on = waiting.first_on = TODAY - timedelta(days=9)
        gone = operations.add_vial(waiting, lot="LF4101A", now=clock.now())
        operations.delete_record(gone, clock.now())
    page = client_of(people.ben).post("/recalls", data={"notice": "LF4101A"}).text
    assert "No match found" in page
    assert "No match does not mean that no lot was called back." in page
    assert "1 infusion with lots." in page
    assert "1 without lots: ask the clinic." in page
    assert "1 past infusion has no answer yet: ask the clinic." in page
    assert "Add a phone number" in page
    assert "0 infusions with lots." in client_of(people.sam).post("/recalls", data={"notice": "LF4100A"}).text


def test_was_this_lot_ever_infused(people, client_of):
    course = with_lots(people, "LF 4100-A")
    ben = client_of(people.ben)
    assert "Was this lot ever infused?" in ben.get("/infusions").text
    assert "Check a recall" in ben.get(f"/infusions/{course.public_id}").text
    page = ben.post("/recalls", data={"lot": "lf4100a"}).text
    assert "If it is called back" in page
    assert "LF 4100-A" in page
    assert "No match found" in ben.post("/recalls", data={"lot": "LF9"}).text
    for data, words in (({"lot": " "}, "Type the lot number"), ({"notice": ""}, "Paste the text of the notice.")):
        answer = ben.post("/recalls", data=data)
        assert answer.status_code == 422
        assert words in answer.text
    long = ben.post("/recalls", data={"notice": "LF4100A " * 14_000})
    assert long.status_code == 422
    assert "This text is too long." in long.text


@pytest.mark.parametrize(("who", "name"), [("name", "Ana Cole"), ("initials", "A. C."), ("none", "")])
def test_the_page_for_the_nurse_speaks_both_languages(people, client_of, who, name):
    with_lots(people, "LF4100A", "LG4200B")
    with transaction():
        people.circle.patient_name = "Ana Cole"
    data = {"exact": "LF4100A", "exact_seen": "LF4100A", "maybe": "LG4200B", "maybe_seen": "LG42OOB", "who": who}
    data |= {"range": "LF1XX", "all_lots": "1"}
    page = client_of(people.ben).post("/recalls/paper", data=data).text
    assert 'lang="zh-Hans"' in page
    for words in ("Lots of a recall notice", "召回通知中的批号", "LG42OOB", "LF1XX", str(TODAY.year), "LF4100A"):
        assert words in page
    assert (f"Patient: {name}" in page) if name else ("Patient" not in page)
    assert "Hives" not in page
    unread = client_of(people.ben).post("/recalls/paper", data={"range": "LF1XX"}).text
    assert "Read it with the pharmacist." in unread
    assert "No match found" not in unread
    nothing = client_of(people.ben).post("/recalls/paper", data={"exact": "XX9", "exact_seen": "XX9"}).text
    assert "No match found" in nothing
    assert "XX9" not in nothing


def test_a_bottle_at_home_is_found_too(people, client_of):
    with transaction():
        supply = factories.supply(people.circle, name="Hizentra 4 g")
        supplies.receive(supply, count=3, on=TODAY, lot="HZ-771 02", now=clock.now())
    ben = client_of(people.ben)
    page = ben.post("/recalls", data={"notice": "lot HZ77102"}).text
    assert "HZ-771 02" in page
    assert "3 at home now" in page
    assert f"/supplies/{supply.public_id}" in page
    paper = ben.post("/recalls/paper", data={"exact": "HZ77102", "exact_seen": "HZ77102"}).text
    assert "Hizentra 4 g: 3 at home now" in paper
    with transaction():
        supplies.throw_away(db.session.get_one(type(supply), supply.id).stocks[0], now=clock.now())
    assert "Was at home, none left" in ben.post("/recalls", data={"lot": "HZ77102"}).text


def test_first_letters() -> None:
    assert [initials(name) for name in ("Ana Maria cole", "王芳", " Bo ")] == ["A. M. C.", "王某", "B."]


def test_a_lot_of_a_course_that_fell_out_of_the_plan_is_found_without_a_link(people, client_of):
    course = with_lots(people, "LF4100A")
    with transaction():
        db.session.get_one(Infusion, course.id).cancelled_at = clock.now()
    page = client_of(people.ben).post("/recalls", data={"notice": NOTICE}).text
    assert "This lot is in your records" in page
    assert f'href="/infusions/{course.public_id}"' not in page


def test_the_product_of_the_bottle_comes_before_that_of_the_plan(people):
    course = with_lots(people, "LF4100A")
    with transaction():
        operations.add_vial(course, lot="LF4100A", product="Privigen", now=clock.now())
    [use] = queries.lot_uses(people.circle, {"LF4100A"})["LF4100A"]
    assert (use.products, use.vials, use.grams) == (("Octagam 10 %", "Privigen"), 2, None)


def test_the_address_of_before_leads_on(people, client_of):
    answer = client_of(people.ben).get("/recall")
    assert (answer.status_code, answer.location) == (301, "/recalls")
