"""Reads of clinician links, and of what they show."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa

from companion.accounts.queries import token_hash
from companion.checkins.models import HANDS, CheckIn
from companion.checkins.queries import check_ins_between
from companion.circles.models import Circle
from companion.clinician_links.models import ClinicianLink
from companion.extensions import db
from companion.formatting import quantity
from companion.infusions.models import InfusionDay
from companion.infusions.queries import infusions_between

KEPT_FOR = timedelta(days=90)
"""How long a link that is over stays on the list, with its openings."""


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One check-in: ratings, and the best grip try of each hand in words, "cannot", or None where there is none."""

    on: date
    ratings: dict[str, int | None]
    grips: dict[str, str | None]
    repeated: bool


@dataclass(frozen=True, slots=True)
class Report:
    """What a link shows. Notes, symptoms and reactions are not in it."""

    days: list[InfusionDay]
    check_ins: list[ReportRow]


def link_of_token(token: str) -> ClinicianLink | None:
    """The link of an address, open or not; None for an address that never was."""
    return db.session.scalars(sa.select(ClinicianLink).where(ClinicianLink.token_hash == token_hash(token))).first()


def links_of(circle: Circle, now: datetime) -> list[ClinicianLink]:
    """The links of a circle, newest first; those that are over for some months more."""
    query = sa.select(ClinicianLink).where(
        ClinicianLink.circle_id == circle.id, ClinicianLink.expires_at > now - KEPT_FOR
    )
    return list(db.session.scalars(query.order_by(ClinicianLink.id.desc())))


def report_of(link: ClinicianLink) -> Report:
    """The range of a link, newest first."""
    courses = infusions_between(link.circle, link.first_on, link.last_on)
    days = [day for one in courses for day in one.days if link.first_on <= day.happened_on <= link.last_on]
    rows = [_row(one) for one in check_ins_between(link.circle, link.first_on, link.last_on)]
    return Report(sorted(days, key=lambda day: day.happened_on, reverse=True), [r for r in rows if _says(r)])


def _row(check_in: CheckIn) -> ReportRow:
    ratings = {"left": check_in.left_rating, "right": check_in.right_rating}
    grips = {hand: _grip(check_in, hand) for hand in HANDS}
    return ReportRow(check_in.on, ratings, grips, check_in.repeated)


def _says(row: ReportRow) -> bool:
    said = [*row.ratings.values(), *row.grips.values()]
    return any(value is not None for value in said)


def _grip(check_in: CheckIn, hand: str) -> str | None:
    tries = [one for one in check_in.grips if one.hand == hand]
    numbers = [one for one in tries if one.value is not None]
    if numbers:
        best = max(numbers, key=lambda one: one.value or Decimal(0))
        return quantity(best.value, best.unit or "")
    return "cannot" if tries else None
