"""A statement that forgets its circle is not executed, but in the one named function."""

import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased, joinedload, selectinload

from companion.accounts.models import Account
from companion.callers import PACKAGE
from companion.checkins.models import CheckIn, Measurement
from companion.circle_guard import ForgottenCircle, across_circles, guarded, without_circle
from companion.circles.models import Circle, Invitation, Membership
from companion.delivery.models import Delivery, DeliveryAttempt, MailAddress
from companion.extensions import db
from companion.infusions.models import Infusion, InfusionDay, RegimenDose
from companion.trail.models import TrailEntry
from tests.people import People

MINE = aliased(Membership)
OF_CIRCLE = sa.select(Infusion.id).where(Infusion.circle_id == 1)
TIED = [
    sa.select(CheckIn).where(CheckIn.circle_id == 1),
    sa.select(CheckIn).where(CheckIn.circle_id == 1, sa.or_(CheckIn.id == 1, CheckIn.repeated)),
    sa.select(CheckIn).where(CheckIn.circle_id.in_([1, 2])),
    sa.select(CheckIn).where(sa.or_(CheckIn.circle_id == 1, sa.and_(CheckIn.id == 1, CheckIn.repeated))),
    sa.select(CheckIn).where(CheckIn.id == 1).options(selectinload(CheckIn.measurements), joinedload(CheckIn.circle)),
    sa.select(Measurement.value).join(CheckIn).where(CheckIn.circle_id == 1),
    sa.select(Measurement).join(Measurement.check_in).where(CheckIn.circle_id == 1),
    sa.select(CheckIn, MINE)
    .join(MINE, MINE.circle_id == CheckIn.circle_id)
    .where(CheckIn.public_id == "x", MINE.account_id == 1),
    sa.select(Infusion).outerjoin(InfusionDay, InfusionDay.infusion_id == Infusion.id).where(Infusion.circle_id == 1),
    sa.select(InfusionDay).where(InfusionDay.infusion_id.in_(OF_CIRCLE)),
    sa.select(RegimenDose).where(RegimenDose.regimen_id == 1),
    sa.select(Circle).where(Circle.id == 1, sa.exists().where(Membership.circle_id == Circle.id)),
    sa.select(sa.func.count()).select_from(CheckIn).where(CheckIn.circle_id == 1),
    sa.select(Invitation).where(Invitation.token_hash == "x"),
    sa.select(Account).where(Account.public_id == "x"),
    sa.select(MailAddress),
    sa.update(CheckIn).where(CheckIn.circle_id == 1).values(repeated=True),
    sa.delete(CheckIn).where(CheckIn.id.in_([1])),
    sa.union(
        sa.select(CheckIn.on).where(CheckIn.circle_id == 1), sa.select(Infusion.first_on).where(Infusion.id == 1)
    ),
]
LOOSE = [
    (sa.select(CheckIn), {"check_ins"}),
    (sa.select(CheckIn.on).where(CheckIn.repeated), {"check_ins"}),
    (sa.select(CheckIn).where(CheckIn.public_id == "x"), {"check_ins"}),
    (sa.select(CheckIn).where(CheckIn.account_id == 1), {"check_ins"}),
    (sa.select(CheckIn).where(CheckIn.circle_id != 1), {"check_ins"}),
    (sa.select(CheckIn).where(~(CheckIn.circle_id == 1)), {"check_ins"}),
    (sa.select(CheckIn).where(sa.or_(CheckIn.circle_id == 1, CheckIn.repeated)), {"check_ins"}),
    (sa.select(CheckIn).where(CheckIn.circle_id == CheckIn.account_id), {"check_ins"}),
    (sa.select(CheckIn, Infusion).where(CheckIn.circle_id == Infusion.circle_id), {"check_ins", "infusions"}),
    (sa.select(CheckIn).join(Account).where(Account.id == 1), {"check_ins"}),
    (sa.select(Measurement).join(CheckIn), {"measurements", "check_ins"}),
    (sa.select(CheckIn, Infusion).where(CheckIn.circle_id == 1), {"infusions"}),
    (sa.select(RegimenDose), {"regimen_doses"}),
    (sa.select(DeliveryAttempt), {"delivery_attempts"}),
    (sa.select(TrailEntry), {"trail_entries"}),
    (sa.select(InfusionDay).where(InfusionDay.infusion_id.in_(sa.select(Infusion.id))), {"infusions"}),
    (sa.select(Account).where(sa.exists().where(Membership.preset == "patient")), {"memberships"}),
    (sa.select(Account, sa.select(sa.func.count(CheckIn.id)).scalar_subquery()), {"check_ins"}),
    (sa.select(sa.select(CheckIn.on).subquery()), {"check_ins"}),
    (
        sa.select(InfusionDay).outerjoin(
            Infusion, sa.and_(Infusion.id == InfusionDay.infusion_id, InfusionDay.circle_id == 1)
        ),
        {"infusion_days", "infusions"},
    ),
    (sa.update(CheckIn).values(repeated=True), {"check_ins"}),
    (sa.delete(CheckIn).where(CheckIn.on < sa.func.current_date()), {"check_ins"}),
]


@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()], ids=["sqlite", "postgres"])
def test_what_is_seen_of_a_statement(dialect: Any) -> None:
    for statement in TIED:
        assert without_circle(statement.compile(dialect=dialect)) == set(), str(statement)
    for statement, tables in LOOSE:
        assert without_circle(statement.compile(dialect=dialect)) == tables, str(statement)


def test_the_tables_of_circles_are_found_by_themselves() -> None:
    assert {"circles", "check_ins", "memberships", "regimen_doses", "clinician_link_views"} <= guarded()
    assert {"accounts", "mail_addresses", "change_marks", "push_subscriptions", "submissions"} & guarded() == set()


def asked_by(file: str, statement: Any) -> list[Any]:
    """What a statement gives to the code of a file."""
    asked: dict[str, Any] = {"__name__": "companion.new", "statement": statement, "db": db}
    exec(compile("found = db.session.execute(statement).all()", file, "exec"), asked)
    found: list[Any] = asked["found"]
    return found


def test_the_program_cannot_forget_the_circle_and_a_console_may(app: Flask, people: People) -> None:
    ours, everything = f"{PACKAGE}new.py", sa.select(Circle.id)
    for _again in range(2):
        with pytest.raises(ForgottenCircle, match="say of which circle: circles"):
            asked_by(ours, everything)
    with across_circles("a job of this test"):
        assert len(asked_by(ours, everything)) == 2
    assert len(asked_by(ours, everything.where(Circle.id == people.circle.id))) == 1
    assert len(asked_by("/elsewhere/console.py", everything)) == 2
    due = sa.select(Delivery)
    assert asked_by(f"{PACKAGE}delivery/new.py", due) == []
    for file, statement in ((ours, due), (f"{PACKAGE}delivery/new.py", everything)):
        with pytest.raises(ForgottenCircle):
            asked_by(file, statement)


MAY_GO_ACROSS = {
    "circles/operations/invitations.py",
    "clinician_links/operations.py",
    "exchange/operations/deletions.py",
    "exchange/operations/erasing.py",
    "exchange/operations/sweeping.py",
    "exchange/queries/exports.py",
    "infusions/operations/photos.py",
    "infusions/operations/plans.py",
    "infusions/queries.py",
    "key_rotation.py",
    "reminders/operations/stops.py",
    "reminders/queries.py",
    "trail/operations/checking.py",
    "visits/operations/series.py",
}
"""Where circles may be read together: for jobs, and for addresses that a signature vouches for."""


def test_only_named_places_go_across_circles() -> None:
    package = Path(PACKAGE)
    using = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if re.search(r"across_circles\(", path.read_text()) and path.name != "circle_guard.py"
    }
    assert using == MAY_GO_ACROSS
