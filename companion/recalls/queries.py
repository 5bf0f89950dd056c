"""Every lot that a circle has recorded, where it was used, and how far the records reach."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from companion.circles.models import Circle
from companion.domain.recalls import Reading, read_notice
from companion.extensions import db
from companion.infusions.models import ANSWERED, GIVEN, Infusion, InfusionDay, Vial
from companion.supplies.models import Supply, SupplyStock
from companion.supplies.queries import counts_of


@dataclass(frozen=True, slots=True)
class LotUse:
    """The vials of one lot in one infusion."""

    lot: str
    infusion: Infusion
    products: tuple[str, ...]
    vials: int
    grams: Decimal | None

    @property
    def has_page(self) -> bool:
        """Whether the infusion can be opened: one that fell out of the plan cannot."""
        return self.infusion.cancelled_at is None


@dataclass(frozen=True, slots=True)
class AtHome:
    """Pieces of one lot on the shelf at home; none are left when `count` is 0."""

    stock: SupplyStock
    count: int


@dataclass(frozen=True, slots=True)
class Match:
    """A recorded lot that a notice names: its normal form, as recorded, as the notice writes it, and where it is."""

    key: str
    lot: str
    seen: str
    uses: list[LotUse]
    at_home: list[AtHome]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many given infusions have lots, how many have none, and how many past ones nobody has answered."""

    with_lots: int
    without: int
    unanswered: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What the records say to a notice."""

    matches: list[Match]
    maybes: list[Match]
    ranges: tuple[str, ...]
    all_lots: bool
    coverage: Coverage

    @property
    def found_nothing(self) -> bool:
        """Neither a match nor a maybe."""
        return not self.matches and not self.maybes


def answer_notice(circle: Circle, text: str, today: date) -> Answer:
    """Match a pasted text against every lot of the circle."""
    return answer_reading(circle, read_notice(text, recorded_lots(circle)), today)


def answer_reading(circle: Circle, reading: Reading, today: date) -> Answer:
    """Look up where the lots of a reading were used; lots that are not recorded here are left out."""
    lots = {*reading.exact, *reading.maybe}
    uses, shelf = lot_uses(circle, lots), lots_at_home(circle, lots)
    return Answer(
        _matches(reading.exact, uses, shelf),
        _matches(reading.maybe, uses, shelf),
        reading.ranges,
        reading.all_lots,
        coverage(circle, today),
    )


def recorded_lots(circle: Circle) -> set[str]:
    """Each lot ever recorded, in its normal form: of vials given and of bottles at home."""
    sources = [
        sa.select(Vial.lot_normalised).where(Vial.circle_id == circle.id, Vial.deleted_at.is_(None)),
        sa.select(SupplyStock.lot_normalised).where(SupplyStock.circle_id == circle.id, SupplyStock.lot.is_not(None)),
    ]
    return set(db.session.scalars(sa.union(*sources)))


def lot_uses(circle: Circle, lots: Collection[str]) -> dict[str, list[LotUse]]:
    """Where lots were used, the latest infusion first."""
    query = (
        sa.select(Vial)
        .join(Vial.infusion)
        .where(Vial.circle_id == circle.id, Vial.deleted_at.is_(None), Vial.lot_normalised.in_(lots))
        .options(
            joinedload(Vial.infusion).options(
                selectinload(Infusion.days), selectinload(Infusion.reactions), joinedload(Infusion.regimen)
            )
        )
        .order_by(Vial.lot_normalised, Infusion.first_on.desc(), Vial.infusion_id.desc(), Vial.id)
    )
    found: dict[str, list[LotUse]] = {}
    for (lot, _id), vials in groupby(db.session.scalars(query), lambda vial: (vial.lot_normalised, vial.infusion_id)):
        found.setdefault(lot, []).append(_use(list(vials)))
    return found


def lots_at_home(circle: Circle, lots: Collection[str]) -> dict[str, list[AtHome]]:
    """What is on the shelf of these lots, taken off the list or not: the bottles may still stand there."""
    query = (
        sa.select(SupplyStock)
        .join(SupplyStock.supply)
        .where(SupplyStock.circle_id == circle.id, SupplyStock.lot_normalised.in_(lots))
        .options(joinedload(SupplyStock.supply))
        .order_by(Supply.name, SupplyStock.id)
    )
    stocks = list(db.session.scalars(query))
    counts = counts_of([stock.supply_id for stock in stocks])
    found: dict[str, list[AtHome]] = {}
    for stock in stocks:
        if stock.id in counts:
            found.setdefault(stock.lot_normalised or "", []).append(AtHome(stock, max(counts[stock.id], 0)))
    return found


def coverage(circle: Circle, today: date) -> Coverage:
    """How far the records reach, so that "no match" says what it is worth."""
    mine = sa.and_(Infusion.circle_id == circle.id, Infusion.cancelled_at.is_(None))
    given = Infusion.days.any(InfusionDay.state.in_(GIVEN))
    has_lots = sa.exists().where(Vial.infusion_id == Infusion.id, Vial.deleted_at.is_(None))
    past_open = Infusion.days.any(
        sa.and_(InfusionDay.state.not_in(ANSWERED), InfusionDay.planned_on < today),
    )
    counted = [has_lots, sa.and_(given, ~has_lots), sa.and_(~given, ~has_lots, past_open)]
    columns = [sa.func.count(sa.case((rule, 1))) for rule in counted]
    counts = list(db.session.execute(sa.select(*columns).where(mine)).one())
    return Coverage(with_lots=counts[0], without=counts[1], unanswered=counts[2])


def _use(vials: list[Vial]) -> LotUse:
    infusion = vials[0].infusion
    course = infusion.product or (infusion.regimen.product if infusion.regimen else None)
    products = dict.fromkeys(vial.product or course for vial in vials)
    grams = [vial.grams for vial in vials]
    total = sum((one for one in grams if one is not None), Decimal(0)) if None not in grams else None
    return LotUse(vials[0].lot, infusion, tuple(one for one in products if one), len(vials), total)


def _matches(
    found: Mapping[str, str], uses: Mapping[str, list[LotUse]], shelf: Mapping[str, list[AtHome]]
) -> list[Match]:
    made = []
    for key, seen in found.items():
        given, at_home = uses.get(key, []), shelf.get(key, [])
        if given or at_home:
            lot = given[0].lot if given else at_home[0].stock.lot or key
            made.append(Match(key, lot, " ".join(seen.split()), given, at_home))
    return made
