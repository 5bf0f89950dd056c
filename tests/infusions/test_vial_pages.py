"""Vials: many saved and undone in one go, kept while one line is unread, put right, asked about when doubtful."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from companion import clock
from companion.database import transaction
from companion.domain.vial_labels import Label
from companion.extensions import alembic, db
from companion.infusions import operations
from companion.infusions.models import InfusionDay, Vial
from tests.infusions.plans import TODAY, courses
from tests.infusions.test_infusion_pages import page_of, path_of, plan

GTIN = "00309442700043"
SIX = f"4 x LF4117A 10 g 03/2031\n]d201{GTIN}1731033110LF4118B\x1d21SER12345678\r\nLF4119C"


def vials() -> list[Vial]:
    db.session.expire_all()
    return db.session.query(Vial).filter(Vial.deleted_at.is_(None)).order_by(Vial.id).all()


def undo(client: Any, page: str) -> Any:
    """Press the first Undo of a page."""
    form = page.split('class="undo__form"')[1].split("</form>")[0]
    fields = [part.split('"')[0] for part in form.split('name="')[1:]]
    values = [part.split('"')[0] for part in form.split('value="')[1:]]
    return client.post(form.split('action="')[1].split('"')[0], data=dict(zip(fields, values, strict=True)))


def test_six_bottles_are_saved_and_taken_back_in_one_go(people, client_of):
    course = courses(plan(people))[0]
    client = client_of(people.vera)
    assert "camera=(self)" in client.get(page_of(course) + "/vials/new").headers["Permissions-Policy"]
    for _time in range(2):
        answer = client.post(page_of(course) + "/vials", data={"labels": SIX, "client_id": "a"})
        assert answer.status_code == 303
    rows = vials()
    assert [vial.lot for vial in rows] == ["LF4117A"] * 4 + ["LF4118B", "LF4119C"]
    assert (rows[0].grams, rows[0].expires_on, rows[0].serial) == (Decimal(10), date(2031, 3, 31), None)
    assert (rows[4].serial, rows[4].gtin, rows[4].expires_on) == ("SER12345678", GTIN, date(2031, 3, 31))
    assert {vial.infusion_day_id for vial in rows} == {None}
    page = client.get(page_of(course)).text
    assert "6 bottles are saved." in page
    assert "1 of 6 without expiry" in page
    assert "Serial SER12345678" in page
    assert "LF41" not in client.get(page_of(course) + "/vials/new").text
    undo(client, page)
    assert vials() == []
    undo(client, client.get(page_of(course)).text)
    assert len(vials()) == 6


def test_nothing_is_saved_and_all_is_kept_while_one_line_is_unread(people, client_of):
    course, client = courses(plan(people))[0], client_of(people.ana)
    text = "LF4117A 10 g\nLF4118B 03/04/2031\nhello"
    answer = client.post(page_of(course) + "/vials", data={"labels": text, "client_id": "a"})
    assert answer.status_code == 422
    assert vials() == []
    assert "2 lines cannot be read yet." in answer.text
    assert "Line 2" in answer.text
    assert "03/04/2031 can be two days." in answer.text
    assert f">\n{text}</textarea>" in answer.text
    assert "camera=(self)" in answer.headers["Permissions-Policy"]
    for bad in (
        {},
        {"grams": "10"},
        {"labels": "61 x LF4117A"},
        {"labels": "60 x LF4117A\nLF2"},
        {"lot": "4 x LF4117A"},
    ):
        assert client.post(page_of(course) + "/vials", data={"client_id": "b", **bad}).status_code == 422
    assert vials() == []


def test_the_plain_fields_add_bottles_of_one_lot_on_the_day_that_was_chosen(people, client_of):
    course, client = courses(plan(people))[0], client_of(people.ana)
    client.post(path_of(course.days[0], "completion"), data={"client_id": "done"})
    first, second = course.days[0].public_id, course.days[1].public_id
    page = client.get(page_of(course) + "/vials/new").text
    assert f'value="{second}" checked' in page, "the day that is today is offered"
    data = {"count": "3", "lot": "LE12 V205AB", "grams": "2,5", "expires": "31 MAR 2031", "day": first}
    assert client.post(page_of(course) + "/vials", data={**data, "client_id": "a"}).status_code == 303
    rows = vials()
    assert {(v.lot, v.grams, v.expires_on, v.day.public_id) for v in rows} == {
        ("LE12 V205AB", Decimal("2.5"), date(2031, 3, 31), first)
    }
    assert len(rows) == 3
    assert "3 bottles, 7.5 g" in client.get(page_of(course)).text
    bad = client.post(page_of(course) + "/vials", data={**data, "day": "elsewhere", "client_id": "b"})
    assert bad.status_code == 422


def test_nobody_guesses_which_of_two_past_days_a_bottle_belongs_to(people, client_of):
    course, client = courses(plan(people, days_ago=9))[0], client_of(people.ana)
    path, data = page_of(course) + "/vials/new", {"client_id": "done"}
    client.post(path_of(course.days[1], "completion"), data=data)
    assert f'value="{course.days[1].public_id}" checked' in client.get(path).text, "the only one that was given"
    client.post(path_of(course.days[0], "completion"), data={"client_id": "both"})
    assert 'name="day" value="" checked' in client.get(path).text


def test_a_bottle_recorded_before_is_asked_about_and_not_refused(people, client_of):
    course, client = courses(plan(people))[0], client_of(people.ana)
    code = f"(01){GTIN}(17)310331(10)LF4117A(21)SER12345678"
    client.post(page_of(course) + "/vials", data={"labels": code, "client_id": "a"})
    answer = client.post(page_of(course) + "/vials", data={"labels": code, "client_id": "b"})
    assert answer.status_code == 422
    assert "You recorded this bottle already" in answer.text
    assert len(vials()) == 1
    key = answer.text.split('id="confirmed" name="confirmed" value="')[1].split('"')[0]
    both = {"labels": f"{code}\n{code}", "confirmed": key, "client_id": "c"}
    again = client.post(page_of(course) + "/vials", data=both)
    assert again.status_code == 422
    assert "This bottle is in the list twice." in again.text
    answer = client.post(page_of(course) + "/vials", data={"labels": code, "confirmed": key, "client_id": "d"})
    assert answer.status_code == 303
    assert len(vials()) == 2
    run_together = f"01{GTIN}1731033110LF4117A21SER99999"
    answer = client.post(page_of(course) + "/vials", data={"labels": run_together, "client_id": "e"})
    assert "Is the lot LF4117A, with serial number SER99999?" in answer.text


def test_one_lot_is_put_right_and_back(people, client_of):
    course, client = courses(plan(people))[0], client_of(people.ana)
    day: InfusionDay = course.days[0]
    data = {"labels": "LF4117A 10 g 03/2031", "day": day.public_id, "client_id": "a"}
    client.post(page_of(course) + "/vials", data=data)
    vial = vials()[0]
    path = f"/vials/{vial.public_id}"
    page = client.get(path + "/edit").text
    assert 'value="LF4117A"' in page
    assert 'value="03/2031"' in page
    right = {"lot": "LF4111A", "grams": "5", "expires": "", "serial": "S1", "product": "Privigen", "day": ""}
    assert client.post(path, data={**right, "lot": ""}).status_code == 422
    assert client.post(path, data=right).status_code == 303
    row = vials()[0]
    assert (row.lot, row.lot_normalised, row.grams, row.expires_on) == ("LF4111A", "LF4111A", Decimal(5), None)
    assert (row.serial, row.product, row.infusion_day_id) == ("S1", "Privigen", None)
    assert undo(client, client.get(page_of(course)).text).status_code == 303
    row = vials()[0]
    assert (row.lot, row.grams, row.expires_on, row.serial) == ("LF4117A", Decimal(10), date(2031, 3, 31), None)
    assert (row.product, row.day.public_id) == (None, day.public_id)
    assert client_of(people.sam).post(path, data=right).status_code == 404


def test_putting_a_lot_right_overwrites_nothing_that_was_changed_meanwhile(people, client_of):
    course, ana, vera = courses(plan(people))[0], client_of(people.ana), client_of(people.vera)
    ana.post(page_of(course) + "/vials", data={"labels": "LF4117A 10 g", "client_id": "a"})
    ana.get(page_of(course))
    path = f"/vials/{vials()[0].public_id}"
    seen = vera.get(path + "/edit").text.split('name="seen" value="')[1].split('"')[0]
    mine = {"lot": "LF4111A", "grams": "10", "client_id": "b"}
    for _time in range(2):
        assert ana.post(path, data={**mine, "seen": seen}).status_code == 303, "sent twice is harmless"
    late = vera.post(path, data={"lot": "LF9", "grams": "5", "seen": seen, "client_id": "c"})
    assert late.status_code == 422
    assert "Someone changed this lot meanwhile." in late.text
    assert 'value="LF9"' in late.text
    seen = late.text.split('name="seen" value="')[1].split('"')[0]
    assert vera.post(path, data={"lot": "LF9", "grams": "5", "seen": seen, "client_id": "c"}).status_code == 303
    assert undo(ana, ana.get(page_of(course)).text).status_code == 303
    assert "This was changed in the meantime." in ana.get(page_of(course)).text
    assert vials()[0].lot == "LF9"
    undo(vera, vera.get(page_of(course)).text)
    assert vials()[0].lot == "LF4111A"
    vera.post(path + "/deletion")
    assert ana.get(path + "/edit").status_code == 303
    assert ana.post(path, data={"lot": "LF1"}).status_code == 303
    assert vials() == []


def test_equal_bottles_stand_together_and_each_can_be_changed(people, client_of):
    course, client = courses(plan(people))[0], client_of(people.ana)
    text = "4 x LF4117A 10 g 2031-04-03\nLF4118B 5 g\nLF4117A 10 g 2031-04-03\nLF4117A 5 g"
    client.post(page_of(course) + "/vials", data={"labels": text, "client_id": "a"})
    page = client.get(page_of(course)).text
    lots = page.split('id="lots"')[1].split("</section>")[0]
    assert lots.count('<span class="lot">') == 3
    assert "LF4117A</span> · 5 bottles<br>10 g each, use by 2031\N{WORD JOINER}-\N{WORD JOINER}04" in lots
    assert lots.count("/edit") == 7
    assert "Delete lot LF4117A, Bottle 5" in lots
    client.post(f"/vials/{vials()[0].public_id}/deletion")
    assert "LF4117A</span> · 4 bottles" in client.get(page_of(course)).text


def test_a_date_that_has_passed_is_said_and_saved(people, client_of):
    course, client = courses(plan(people))[0], client_of(people.ana)
    last_month = TODAY.replace(day=1) - timedelta(days=1)
    client.post(page_of(course) + "/vials", data={"labels": f"LF4117A {last_month:%m/%Y}", "client_id": "a"})
    assert len(vials()) == 1
    words = "Please re-read the label: this bottle’s date has passed."
    assert client.get(page_of(course)).text.count(words) == 2
    assert client.get(page_of(course)).text.count(words) == 1


def test_infusions_without_lots_are_counted_and_listed(people, client_of):
    regimen = plan(people, days_ago=30)
    course, client = courses(regimen)[0], client_of(people.vera)
    assert "without lots" not in client.get("/infusions").text
    client.post(path_of(course.days[0], "completion"), data={"client_id": "a"})
    assert "1 infusion without lots" in client.get("/infusions").text
    assert page_of(course) in client.get("/infusions/without-lots").text
    client.post(page_of(course) + "/vials", data={"labels": "LF4117A", "client_id": "b"})
    assert "without lots" not in client.get("/infusions").text
    assert "Every infusion that was given has its lots." in client.get("/infusions/without-lots").text
    assert client_of(people.ana).get("/infusions/without-lots?lang=zh").status_code == 200


def test_the_slip_speaks_both_languages_and_shows_nothing_recorded(people, client_of):
    course, client = courses(plan(people))[0], client_of(people.vera)
    client.post(page_of(course) + "/vials", data={"labels": "LF4117A", "client_id": "a"})
    assert "LF4117A" in client.get(page_of(course)).text
    slip = client.get(page_of(course) + "/slip")
    assert "camera=()" in slip.headers["Permissions-Policy"]
    assert slip.text.count('<th scope="row">') == 12 + len(course.days)
    assert 'Lot number <span class="slip__other" lang="zh-Hans">批号</span>' in slip.text
    assert "LF4117A" not in slip.text
    assert (
        '批号 <span class="slip__other" lang="en">Lot number</span>'
        in client.get(page_of(course) + "/slip?lang=zh").text
    )


def test_other_ways_to_add_lots_are_folded_away_once_the_days_are_over(people, client_of):
    client = client_of(people.vera)
    for days_ago, is_folded in ((9, True), (1, False)):
        course = courses(plan(people, days_ago=days_ago))[0]
        assert "Other ways to add lots" not in client.get(page_of(course)).text
        client.post(page_of(course) + "/vials", data={"labels": "LF4117A", "client_id": str(days_ago)})
        page = client.get(page_of(course)).text
        assert ("Other ways to add lots" in page) is is_folded
        assert page.count("Photos of the labels") == page.count(f'href="{page_of(course)}/nurse-link"') == 1


def test_a_skipped_infusion_has_no_bottles_to_add(people, client_of):
    course = courses(plan(people, day_offsets=[0]))[0]
    client = client_of(people.vera)
    ways = ("Link for the nurse", "Photos of the labels", "Lot numbers")
    assert all(way in client.get(page_of(course)).text for way in ways)
    client.post(path_of(course.days[0], "skip"), data={"client_id": "s"})
    page = client.get(page_of(course)).text
    assert "Skipped" in page
    assert not any(way in page for way in ways)


def test_an_expiry_of_before_moves_to_the_end_of_its_month(people):
    with transaction():
        course = courses(plan(people))[0]
        labels = [Label("LF1", None, date(2028, 2, 29)), Label("LF2", None, date(2028, 2, 15)), Label("LF3")]
        operations.add_vials(course, labels, now=clock.now())
    db.session.close()
    alembic.downgrade("0004")
    stored = db.session.execute(sa.text("SELECT expires_on FROM vials ORDER BY id")).scalars()
    assert [str(on) for on in stored] == ["2028-02-01", "2028-02-15", "None"]
    db.session.close()
    alembic.upgrade()
    assert [vial.expires_on for vial in vials()] == [date(2028, 2, 29), date(2028, 2, 15), None]
