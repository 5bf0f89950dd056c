"""The calendar of somebody who cares for several people, and pages that stay quick after ten years."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa

from companion.database import transaction
from companion.extensions import db
from companion.infusions.models import Infusion, InfusionDay
from tests import factories
from tests.calendar.feeds import make_feed
from tests.infusions.plans import NOW, TODAY, D, book, courses, start


@pytest.fixture
def two(people, move_clock):
    """Ben sees the dates of Ana and of Sam, who both have an infusion on 5 March."""
    move_clock(NOW)
    with transaction():
        people.sams_circle.patient_name = "Sam"
        people.circle.patient_name = "Ana"
        factories.membership(people.sams_circle, people.ben, "calendar_only")
    book(start(people.sams_circle), 0)
    start(people.circle)
    return people


def test_everyone_on_one_page_by_name_and_shape(two, client_of):
    ben = client_of(two.ben)
    page = ben.get("/calendar").text
    assert page.partition("<footer")[0] == ben.get("/calendar?circle=all").text.partition("<footer")[0]
    rows = re.findall(r'href="/infusions/([\w-]+)">.*?<(rect|circle) [^>]*>.*?</svg>(Ana|Sam)<', page)
    assert [row[1:] for row in rows[:2]] in (
        [("circle", "Ana"), ("rect", "Sam")],
        [("rect", "Sam"), ("circle", "Ana")],
    )
    for infusion_id, _, _ in rows[:2]:
        assert ben.get(f"/infusions/{infusion_id}").status_code == 200
    month = ben.get("/calendar?month=2027-03").text
    cell = re.search(r"<td><span[^>]*><span>5</span>.*?</td>", month, re.DOTALL)[0]
    assert cell.count("<svg") == 2
    assert "Ana: infusion expected." in cell
    assert "Sam: infusion booked." in cell
    assert "person-mark--expected" in cell
    assert "person-mark--booked" in cell
    assert "month=2027-04&amp;circle=all" in month


def test_one_of_several(two, client_of):
    ben, sams = client_of(two.ben), two.sams_circle.public_id
    assert f'href="/calendar?circle={sams}"' in ben.get("/calendar").text
    page = ben.get(f"/calendar?circle={sams}&month=2027-03").text
    assert f"month=2027-04&amp;circle={sams}" in page
    assert "month__day--booked" in page
    assert "Ana:" not in page
    assert ben.get("/calendar?circle=none").status_code == 404
    assert client_of(two.ana).get(f"/calendar?circle={sams}").status_code == 404


def test_only_where_dates_may_be_seen(two, client_of):
    with transaction():
        member = next(m for m in two.sams_circle.memberships if m.account_id == two.ben.id)
        member.rights = frozenset({"answer"})
    ben = client_of(two.ben)
    page = ben.get("/calendar").text
    assert "Everyone" not in page
    assert "Sam" not in page
    assert f"/infusions?circle={two.circle.public_id}" in page
    assert ben.get(f"/calendar?circle={two.sams_circle.public_id}").status_code == 403
    with transaction():
        for member in [*two.circle.memberships, *two.sams_circle.memberships]:
            if member.account_id == two.ben.id:
                member.rights = frozenset({"answer"})
        nora = factories.account("Nora", "nora@example.org")
    assert ben.get("/calendar").status_code == 403
    assert client_of(nora).get("/calendar").location == "/circle/new"


# --- ten years of weekly infusions ---


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements that run inside."""
    seen: list[str] = []

    def note(connection, cursor, statement, parameters, context, many):
        seen.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)


def test_history_costs_nothing(people, client_of):
    regimen = start(people.circle, (TODAY + timedelta(days=2)).isoformat(), route="SC", interval_count=1, now=NOW)
    ana, path = client_of(people.ana), make_feed(people.ana, people.circle)
    ways = [(ana, "/calendar"), (ana, f"/calendar?month={TODAY:%Y-%m}"), (client_of(None), path)]
    for client, way in ways:
        client.get(way)  # the first reading of a feed writes down what it told
    before = [_cost(client, way) for client, way in ways]
    with transaction():
        for week in range(14, 520):
            on = TODAY - timedelta(weeks=week)
            course = Infusion(circle_id=people.circle.id, regimen_id=regimen.id, first_on=on, created_at=NOW)
            day = InfusionDay(circle_id=people.circle.id, number=1, planned_on=on, tz="Europe/London")
            day.state, day.given_on = "done", on
            course.days.append(day)
            db.session.add(course)
    assert [_cost(client, way) for client, way in ways] == before


def _cost(client, way) -> tuple[int, int]:
    """How many statements a page needs, and how long it is."""
    with statements() as seen:
        answer = client.get(way)
    assert answer.status_code == 200
    return len(seen), len(answer.data)


def test_days_are_found_by_an_index(people, app):
    from companion.calendar.queries.dates import _days, _happened

    regimen = start(people.circle)
    assert courses(regimen)
    query = _days(people.circle).where(_happened(D("2027-03-01"), D("2027-03-31")))
    compiled = query.compile(db.engine, compile_kwargs={"literal_binds": True})
    if db.engine.dialect.name == "sqlite":
        plan = " ".join(str(row) for row in db.session.execute(sa.text(f"explain query plan {compiled}")))
        assert "ix_infusion_days_circle_planned" in plan
        assert "ix_infusion_days_circle_given" in plan
        assert "SCAN infusion_days" not in plan


def test_a_visit_is_added_for_whom_one_says(two, client_of):
    ben = client_of(two.ben)
    assert ben.get("/calendar").text.count("/visits/new") == 1  # he manages the dates of one of the two
    asked = ben.get("/visits/new").text
    assert "Which care circle?" in asked
    assert f"/visits/new?circle={two.circle.public_id}" in asked
    assert "/visits/new" not in client_of(two.vera).get("/calendar").text
