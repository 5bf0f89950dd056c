"""The nurse's link: one day, one infusion, adds only, reads nothing, and looks like nothing when it does not work."""

import re
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from companion import clock
from companion.database import transaction
from companion.extensions import db
from companion.infusions import operations
from companion.infusions.models import Infusion, NurseLink, NurseSave, Vial
from companion.infusions.operations import nurse_links
from companion.infusions.queries import nurse_link_of
from companion.logs import scrubbed
from tests.infusions.plans import courses
from tests.infusions.test_infusion_pages import page_of, plan
from tests.test_security import BareClient

SIX = "4 x LF4117A 10 g 03/2031\nLF4118B 5 g 04/2031\nLF4119C"


@pytest.fixture
def course(people: Any) -> Infusion:
    """A course of Ana's that began yesterday, with words that a nurse must not see."""
    return courses(plan(people, product="Privigen", place="St Luke’s"))[0]


@pytest.fixture
def path(people: Any, course: Infusion) -> str:
    """The address that works today."""
    with transaction():
        link = nurse_links.make_nurse_link(course, account=people.ana, now=clock.now())
    return f"/add-vials/{link.code}"


@pytest.fixture
def nurse(client_of: Callable[..., FlaskClient]) -> FlaskClient:
    """A phone that nobody is signed in on."""
    return client_of(None)


def vials() -> list[Vial]:
    db.session.expire_all()
    return db.session.query(Vial).filter(Vial.deleted_at.is_(None)).order_by(Vial.id).all()


def save(client: FlaskClient, path: str, labels: str = SIX, client_id: str = "a", **values: str) -> Any:
    return client.post(path, data={"labels": labels, "client_id": client_id, **values})


def undo(client: FlaskClient, path: str, page: str) -> Any:
    return client.post(f"{path}/undo", data={"saved": page.rpartition("saved=")[2]})


def test_six_vials_are_added_and_nothing_is_read_back(people, client_of, course, path, nurse):
    with transaction():
        operations.add_vial(course, lot="OLD-777", now=clock.now())
    form = nurse.get(path)
    assert form.status_code == 200
    assert "Set-Cookie" not in form.headers
    assert form.headers["Referrer-Policy"] == "no-referrer"
    assert form.headers["Cache-Control"] == "no-store"
    assert form.headers["X-Robots-Tag"] == "noindex"
    answer = save(nurse, path)
    assert answer.status_code == 303
    done = nurse.get(answer.location)
    assert "6 bottles saved. Thank you." in done.text
    lots = ["LF4117A"] * 4 + ["LF4118B", "LF4119C"]
    assert [vial.lot for vial in vials()] == ["OLD-777", *lots]
    secrets = [
        "Ana",
        "Privigen",
        "St Luke",
        "OLD-777",
        course.public_id,
        people.circle.public_id,
        "Sign in",
        "/infusions",
    ]
    for page in (form, done, nurse.get(path), save(nurse, path, "LF4117A 03/04/2031", "x")):
        assert [word for word in secrets if word in page.text] == []
    for page in (nurse.get(path), done):
        assert "LF4117A" not in page.text
    page = client_of(people.vera).get(page_of(course)).text
    assert page.count("Added with the nurse’s link") == 3, "equal bottles stand together"
    for key in ("later", "at-once"):
        save(nurse, path, "LF4117A 10 g 03/2031", key)
    with transaction():
        first, later, at_once = db.session.query(NurseSave).order_by(NurseSave.id)
        first.saved_at, at_once.saved_at = later.saved_at - timedelta(minutes=5), later.saved_at
    page = client_of(people.vera).get(page_of(course)).text
    assert page.count(">LF4117A</span>") == 1, "also those that she adds later"
    assert "· 6 bottles" in page
    assert re.search(r"nurse’s link, [^<:]*\d:\d\d, [^<:]*\d:\d\d<", page), "each minute once"
    for key in ("later", "at-once"):
        undo(nurse, path, save(nurse, path, "LF4117A 10 g 03/2031", key).location)
    assert "6 bottles were added with it." in client_of(people.ana).get(page_of(course) + "/nurse-link").text


def test_it_is_the_same_page_for_whoever_is_signed_in(people, client_of, path, nurse):
    def shown(client: FlaskClient) -> str:
        return re.sub(r'name="client_id" value="[^"]*"', "", client.get(path).text)

    assert shown(client_of(people.ana)) == shown(client_of(people.sam)) == shown(nurse)
    assert save(client_of(people.sam), path).status_code == 303
    assert len(vials()) == 6


def test_sent_again_it_adds_nothing_and_answers_the_same(path, nurse):
    first, again = save(nurse, path), save(nurse, path)
    assert (first.status_code, first.location) == (again.status_code, again.location)
    assert len(vials()) == 6
    other = save(nurse, path, "LF9999Z")
    assert (other.status_code, "saved before with other lots" in other.text) == (422, True)
    assert 'value="a"' not in other.text
    undo(nurse, path, first.location)
    assert vials() == []
    assert "What you saved last is taken back." in nurse.get(save(nurse, path).location).text
    assert vials() == []


def test_only_its_own_page_takes_a_saving_back_and_only_for_a_while(people, course, path, nurse):
    page = save(nurse, path).location
    assert undo(nurse, path, "saved=nothing").status_code == 404
    with transaction():
        other = nurse_links.make_nurse_link(courses(plan(people))[0], account=people.ana, now=clock.now())
    assert undo(nurse, f"/add-vials/{other.code}", page).status_code == 404
    with transaction():
        kept = db.session.query(NurseSave).one()
        kept.saved_at -= timedelta(minutes=nurse_links.UNDO_MINUTES)
    late = undo(nurse, path, page)
    assert (late.status_code, "too late to undo" in late.text) == (409, True)
    assert "Undo" not in nurse.get(page).text
    assert len(vials()) == 6


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_an_address_that_does_not_work_tells_nothing(people, course, path, nurse):
    def answers(address: str) -> set[tuple[int, str]]:
        got = [nurse.get(address), save(nurse, address, client_id="z"), save(nurse, address, "hello", client_id="z")]
        got += [nurse.post(f"{address}/undo", data={"saved": "x"})]
        return {(answer.status_code, answer.text) for answer in got}

    def set_link(**values: Any) -> None:
        with transaction():
            db.session.execute(sa.update(NurseLink).values(values))

    wrong = answers("/add-vials/7K3M-9QPX-4TWD")
    assert len(wrong) == 1
    ((status, page),) = wrong
    assert status == 404
    assert "This address is not valid today" in page
    assert answers("/add-vials/no") == answers("/add-vials/" + "x" * 3000) == wrong
    link = nurse_link_of(path.rpartition("/")[2])
    until = link.valid_until
    for off, on in [
        ({"ended_at": clock.now()}, {"ended_at": None}),
        ({"valid_until": clock.now()}, {"valid_until": until}),
    ]:
        set_link(**off)
        assert answers(path) == wrong
        set_link(**on)
        assert nurse.get(path).status_code == 200
    for key in ("b", "c"):
        assert save(nurse, path, "60 x LF4117A", client_id=key).status_code == 303
    assert answers(path) == wrong
    assert len(vials()) == 120
    with transaction():
        operations.end_regimen(course.regimen, now=clock.now())
        db.session.execute(sa.update(Infusion).values(cancelled_at=clock.now()))
    assert answers(path) == wrong


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_sixty_at_once_and_a_hundred_and_twenty_in_all(path, nurse):
    assert save(nurse, path, "61 x LF4117A").status_code == 422
    assert save(nurse, path, "50 x LF4117A\n11 x LF4118B").status_code == 422
    for key in ("a", "b"):
        save(nurse, path, "50 x LF4117A", client_id=key)
    refused = save(nurse, path, "21 x LF4117A", client_id="c")
    assert (refused.status_code, "more than this address takes" in refused.text) == (422, True)
    assert save(nurse, path, "20 x LF4117A", client_id="c").status_code == 303
    assert len(vials()) == 120


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_the_code_is_typed_as_people_type_and_kept_as_a_hash(app: Flask, course, path, nurse):
    code = path.rpartition("/")[2]
    for typed in (
        code.lower(),
        code.replace("-", ""),
        code.replace("-", " "),
        code.replace("0", "o").replace("1", "l"),
    ):
        assert nurse.get(f"/add-vials/{typed}").status_code == 200
    db.session.expire_all()
    columns = [str(value) for row in db.session.execute(sa.select(NurseLink.__table__)) for value in row]
    assert not [value for value in columns if code in value or code.replace("-", "") in value]
    assert scrubbed(path) == "/add-vials/…"
    assert scrubbed(f"{path}/undo") == "/add-vials/…"


@pytest.mark.parametrize("tz", ["Europe/London", "Asia/Shanghai", "America/Los_Angeles", "Africa/Cairo"])
@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_it_is_good_until_midnight_at_the_place_of_the_infusion(people, tz):
    course = courses(plan(people, tz=tz))[0]
    for text in ("2027-03-14T23:59:59", "2027-03-15T00:00:01", "2027-04-29T23:30:00"):
        now = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(tz))
        link = nurse_links.make_nurse_link(course, account=people.ana, now=now)
        end = link.valid_until.astimezone(ZoneInfo(tz))
        assert end.date() == now.date() + timedelta(days=1)
        assert end.time() == (time(1) if (tz, text[:10]) == ("Africa/Cairo", "2027-04-29") else time(0))
        assert link.takes_vials_at(link.valid_until - timedelta(seconds=1))
        assert not link.takes_vials_at(link.valid_until)
        assert not link.takes_vials_at(now.replace(year=2028))


def test_a_new_link_ends_the_old_one_and_a_link_can_be_switched_off(people, client_of, course, nurse):
    vera = client_of(people.vera)
    page = page_of(course) + "/nurse-link"

    def code() -> str:
        found = re.search(r'nurse-code__code">([^<]+)<', vera.get(page).text)
        return found[1] if found else ""

    assert code() == ""
    assert "nurse-code" not in vera.get(page_of(course) + "/slip").text
    vera.post(page)
    first = code()
    assert first in vera.get(page_of(course) + "/slip").text
    assert 'aria-label="QR code of the address below"' in vera.get(page).text
    assert nurse.get(f"/add-vials/{first}").status_code == 200
    vera.post(page)
    second = code()
    assert [nurse.get(f"/add-vials/{one}").status_code for one in (first, second)] == [404, 200]
    link = nurse_link_of(second)
    vera.post(f"/nurse-links/{link.public_id}/ending")
    assert nurse.get(f"/add-vials/{second}").status_code == 404
    assert "The link is switched off." in vera.get(page).text
    vera.post(f"/nurse-links/{link.public_id}/reopening")
    assert code() == second
    sam = client_of(people.sam)
    assert sam.get(page).status_code == sam.post(page).status_code == 404
    assert sam.post(f"/nurse-links/{link.public_id}/ending").status_code == 404
    assert nurse.get(f"/add-vials/{second}").status_code == 200


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_in_the_other_language_without_a_cookie(app: Flask, path):
    nurse = app.test_client(use_cookies=False)
    assert "添加药瓶" in nurse.get(f"{path}?lang=zh").text
    answer = nurse.post(f"{path}?lang=zh", data={"labels": "LF4117A"})
    assert "谢谢" in nurse.get(answer.location).text
    assert 'lang="zh-Hans"' in nurse.get("/add-vials/x?lang=zh").text


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_no_referrer_means_no_origin_and_a_foreign_one_is_refused(app: Flask, path):
    bare, statuses = BareClient(app), []
    for headers in ({"Origin": "null"}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {}):
        statuses.append(bare.post(path, data={"labels": "LF4117A"}, headers=headers).status_code)
    assert statuses == [303, 403, 403, 403]
    assert len(vials()) == 1


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_too_many_tries_are_stopped(path, nurse):
    statuses = [save(nurse, path, "?", client_id="z").status_code for _try in range(31)]
    assert (set(statuses[:30]), statuses[30]) == ({422}, 429)
    assert save(nurse, "/add-vials/wrong").status_code == 429
