"""The chain is written with each change, cannot be changed, and tells where somebody went around the database."""

import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, g
from sqlalchemy.exc import DBAPIError

from companion.accounts.models import Account
from companion.callers import PACKAGE
from companion.checkins.models import CheckIn
from companion.circles.models import Circle, Contact, Membership, Weight
from companion.circles.operations import record_weight, remove_member, save_contact
from companion.clock import now
from companion.database import attempt, transaction
from companion.extensions import db
from companion.reminders.models import PlanLook
from companion.trail.models import EXPORTED, TrailEntry, TrailHead
from companion.trail.operations import Untold, Walk, broken_chains, erase_trail, tell
from tests import factories
from tests.people import EPOCH, People


def said(circle: Circle) -> list[tuple[str, str, str | None]]:
    """What the chain of a circle says after its circle was made."""
    query = sa.select(TrailEntry).join(TrailHead, TrailHead.id == TrailEntry.head_id)
    rows = db.session.scalars(query.where(TrailHead.circle_id == circle.id).order_by(TrailEntry.sequence)).all()
    return [(row.verb, row.kind, row.object_id) for row in rows if row.sequence > BEGINS_WITH]


BEGINS_WITH = 7
"""Entries that the four people of the tests begin with: a circle, its members and how the patient signs in."""


def broken() -> list[tuple[str, int]]:
    return [(one.circle, one.sequence) for one in broken_chains(Walk())]


def write(circle: Circle, kilograms: int) -> None:
    with transaction():
        record_weight(circle, on=EPOCH.date(), weight_kg=kilograms, now=EPOCH)  # type: ignore[arg-type]


def test_one_change_is_one_entry_of_who_did_it(app: Flask, people: People) -> None:
    g.account = people.ben
    begun = said(people.circle)
    assert begun == []
    with transaction():
        check_in = factories.check_in(people.circle, people.ana)
    write(people.circle, 70)
    write(people.circle, 71)
    weight = db.session.scalars(sa.select(Weight)).one()
    with transaction():
        check_in.deleted_at = now()
    with transaction():
        people.ben.theme = "dark"  # nobody's business
        ended = remove_member(people.circle, member_id(people.vera), by=people.ana, now=EPOCH)
        tell(people.circle, EXPORTED, "circle")
    assert ended.account_id == people.vera.id
    assert said(people.circle) == [
        ("added", "check_in", check_in.public_id),
        ("added", "weight", weight.public_id),
        ("changed", "weight", weight.public_id),
        ("removed", "check_in", check_in.public_id),
        ("removed", "member", people.vera.public_id),
        ("exported", "circle", None),
    ]
    assert db.session.scalars(
        sa.select(TrailEntry.actor).where(TrailEntry.sequence > BEGINS_WITH)
    ).unique().all() == [people.ben.public_id]
    assert broken() == []


def member_id(account: Account) -> str:
    found = db.session.scalars(sa.select(Membership).where(Membership.account_id == account.id)).one()
    return found.public_id


def fail_after_saving(circle: Circle) -> None:
    save_contact(circle, "clinic", name="Clinic", phone="+1", note=None)
    raise ZeroDivisionError


def test_nothing_that_did_not_happen_is_told(app: Flask, people: People) -> None:
    with pytest.raises(ZeroDivisionError), transaction():
        fail_after_saving(people.circle)
    with transaction():
        with pytest.raises(ZeroDivisionError), attempt():
            fail_after_saving(people.circle)
        save_contact(people.circle, "insurer", name="Insurer", phone="+2", note=None)
    contact = db.session.scalars(sa.select(Contact)).one()
    assert said(people.circle) == [("added", "contact", contact.public_id)]
    with transaction():
        for kind in ("clinic", "pharmacy", "neurologist", "home_nurse"):
            save_contact(people.circle, kind, name=None, phone="+3", note=None)
    assert said(people.circle)[-1] == ("added", "contact", None)  # several at once
    aside: dict[str, Any] = {
        "__name__": "companion.new",
        "statement": sa.update(CheckIn).values(repeated=True),
        "db": db,
    }
    code = compile("db.session.execute(statement)", f"{PACKAGE}new.py", "exec")
    with pytest.raises(Untold), transaction():
        exec(code, aside)


WAYS_ROUND = {
    "entry": "update trail_entries set kind = 'weight' where sequence = 3",
    "entry gone": "delete from trail_entries where sequence = 3",
    "tail gone": "delete from trail_entries where sequence > 3",
    "all gone": "delete from trail_entries",
    "head back": "update trail_heads set sequence = sequence - 1",
    "head gone": "delete from trail_heads",
    "head parted": "update trail_heads set circle_id = null",
    "other name": "update trail_heads set circle_public_id = 'x'",
    "erased but there": "update trail_heads set erased_at = '2026-01-01 00:00:00+00:00'",
    "replaced": "insert or replace into trail_entries select id, head_id, sequence, at, 'x', verb, kind, object_id, "
    "previous, hash from trail_entries where sequence = 3",
    "head replaced": "insert or replace into trail_heads select * from trail_heads",
    "truncated": "truncate trail_entries",
    "heads truncated": "truncate trail_heads cascade",
}


def test_the_database_refuses_every_change_of_the_trail(app: Flask, people: People) -> None:
    only = {"sqlite": "insert or replace", "postgresql": "truncate"}[dialect()]
    other = {"sqlite": "truncate", "postgresql": "insert or replace"}[dialect()]
    assert sum(one.startswith(only) for one in WAYS_ROUND.values()) == 2
    for statement in WAYS_ROUND.values():
        if not statement.startswith(other):
            assert refused(statement), statement
    assert broken() == []


def refused(statement: str) -> bool:
    try:
        with db.engine.begin() as connection:
            connection.execute(sa.text(statement))
    except DBAPIError as error:
        return bool(re.search("append-only|erased_has_no_circle", str(error)))
    return False


def dialect() -> str:
    return db.session.get_bind().dialect.name


def go_around(*statements: str) -> None:
    """Change the tables as somebody does who owns the whole database."""
    db.session.rollback()
    with db.engine.begin() as connection:
        if dialect() == "postgresql":
            connection.execute(sa.text("set local session_replication_role = replica"))
        else:
            find = sa.text("select name, sql from sqlite_master where type = 'trigger'")
            kept = connection.execute(find).all()
            for name, _sql in kept:
                connection.execute(sa.text(f"drop trigger {name}"))
        for statement in statements:
            connection.execute(sa.text(statement))
        if dialect() == "sqlite":
            for _name, sql in kept:
                connection.exec_driver_sql(sql)


OF_HEAD = "head_id = (select min(head_id) from trail_entries)"
TAMPERING = {
    "changed": (4, f"update trail_entries set actor = 'x' where sequence = 4 and {OF_HEAD}"),
    "hash changed": (4, f"update trail_entries set hash = 'x' where sequence = 4 and {OF_HEAD}"),
    "later": (4, f"update trail_entries set at = '2020-01-01 00:00:00+00:00' where sequence = 4 and {OF_HEAD}"),
    "removed": (3, f"delete from trail_entries where sequence = 3 and {OF_HEAD}"),
    "first removed": (1, f"delete from trail_entries where sequence = 1 and {OF_HEAD}"),
    "tail removed": (4, f"delete from trail_entries where sequence > 3 and {OF_HEAD}"),
    "all removed": (1, f"delete from trail_entries where {OF_HEAD}"),
    "swapped": (
        2,
        f"update trail_entries set sequence = 99 where sequence = 2 and {OF_HEAD}",
        f"update trail_entries set sequence = 2 where sequence = 3 and {OF_HEAD}",
        f"update trail_entries set sequence = 3 where sequence = 99 and {OF_HEAD}",
    ),
    "put in": (
        8,
        "insert into trail_entries (head_id, sequence, at, actor, verb, kind, previous, hash) "
        f"select head_id, 8, at, actor, verb, kind, hash, 'x' from trail_entries where sequence = 7 and {OF_HEAD}",
    ),
    "head gone": (0, f"delete from trail_entries where {OF_HEAD}", "delete from trail_heads where id = 1"),
}


def test_going_around_the_database_is_seen(app: Flask, people: People) -> None:
    go_around(
        "create table kept_heads as select * from trail_heads",
        "create table kept_entries as select * from trail_entries",
    )
    for place, *statements in TAMPERING.values():
        go_around(*statements)
        assert broken() == [(people.circle.public_id, place)], statements
        done: Any = app.test_cli_runner().invoke(args=["verify-audit"])
        assert done.exit_code == 1
        assert f"Circle {people.circle.public_id}, entry {place}: " in done.output
        go_around(
            "delete from trail_entries",
            "delete from trail_heads",
            "insert into trail_heads select * from kept_heads",
            "insert into trail_entries select * from kept_entries",
        )
    assert broken() == []


def test_the_command_says_that_all_is_whole_and_how_to_call_it(app: Flask, people: People) -> None:
    run: Callable[..., Any] = app.test_cli_runner().invoke
    done = run(args=["verify-audit"])
    assert (done.exit_code, done.output) == (0, "Every chain is whole: 2 circles, 10 entries.\n")
    assert "flask --app wsgi verify-audit" in run(args=["verify-audit", "--help"]).output


def test_a_chain_ends_only_with_its_circle_and_leaves_its_head(app: Flask, people: People) -> None:
    circle, name = people.sams_circle, people.sams_circle.public_id
    with transaction():
        circle.patient_account_id = None  # told of nobody any more
        for member in list(circle.memberships):
            db.session.delete(member)
        erase_trail(circle, EPOCH)
        db.session.execute(sa.delete(PlanLook).where(PlanLook.circle_id == circle.id))
        db.session.flush()
        db.session.expire(circle)
        db.session.delete(circle)
    head = db.session.scalars(sa.select(TrailHead).where(TrailHead.circle_public_id == name)).one()
    assert (head.circle_id, head.erased_at, head.sequence) == (None, EPOCH, 3)
    assert db.session.scalar(sa.select(sa.func.count()).where(TrailEntry.head_id == head.id)) == 0
    assert broken() == []
    with pytest.raises(DBAPIError, match="append-only"), db.engine.begin() as connection:
        connection.execute(sa.update(TrailHead).where(TrailHead.id == head.id).values(erased_at=None))
    go_around(
        "insert into trail_entries (head_id, sequence, at, actor, verb, kind, previous, hash) "
        f"select {head.id}, 1, at, actor, verb, kind, previous, hash from trail_entries where sequence = 1"
    )
    assert broken() == [(name, 1)]


def test_writers_at_once_make_one_chain(app: Flask, people: People) -> None:
    circle_id, writers, each = people.circle.id, 6, 5
    before = len(said(people.circle))
    start, failed = threading.Barrier(writers), []

    def work(number: int) -> None:
        with app.app_context():
            start.wait()
            try:
                for day in range(each):
                    with transaction():
                        circle = db.session.get(Circle, circle_id)
                        record_weight(
                            circle, on=EPOCH.date().replace(day=1 + number * each + day), weight_kg=70, now=EPOCH
                        )  # type: ignore[arg-type]
            except Exception as error:
                failed.append(error)

    threads = [threading.Thread(target=work, args=[number]) for number in range(writers)]
    db.session.rollback()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    assert failed == []
    assert len(said(people.circle)) - before == writers * each
    assert broken() == []


def test_what_cannot_be_told_is_not_done(app: Flask, people: People, client_of: Any) -> None:
    """A trail that takes no entry: neither sharing nor anything else that it tells of goes through."""
    fails = "RAISE(ABORT, 'no room')"
    name = people.circle.public_id
    client = client_of(people.ana)
    app.config["RAISE_ERRORS"] = False
    with db.engine.begin() as connection:
        if dialect() == "sqlite":
            connection.execute(
                sa.text(f"create trigger full before insert on trail_entries begin select {fails}; end")
            )
        else:
            connection.execute(
                sa.text("create trigger a_full before insert on trail_entries execute function trail_refuses()")
            )
    try:
        made = client.post(
            "/circle/clinician-links",
            data={"circle": name, "first_on": "2026-10-01", "last_on": "2026-11-01", "days": "7", "language": "en"},
        )
        removed = client.post(f"/circle/members/{member_id(people.ben)}/removal", data={"circle": name})
        address = client.post("/circle/contacts", data={"circle": name, "kind": "clinic", "phone": "+1 555 0100"})
        assert [one.status_code // 100 for one in (made, removed, address)] == [5, 5, 5]
        counted = [
            db.session.scalar(sa.select(sa.func.count()).select_from(model)) for model in (Membership, Contact)
        ]
        assert counted == [4, 0]
        assert client.get(f"/circle?circle={name}").status_code == 200
    finally:
        with db.engine.begin() as connection:
            connection.execute(
                sa.text("drop trigger full" if dialect() == "sqlite" else "drop trigger a_full on trail_entries")
            )
    assert client.post(f"/circle/members/{member_id(people.ben)}/removal", data={"circle": name}).status_code == 303
