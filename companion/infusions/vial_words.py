"""The bottles of a course in the reader's words, equal ones together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from flask_babel import gettext as _
from flask_babel import ngettext

from companion.domain.vial_labels import has_passed
from companion.formatting import clock_time, expiry_in_text, joined, local_date, quantity, when
from companion.infusions.models import Vial
from companion.infusions.words import day_heading


@dataclass(frozen=True)
class LotGroup:
    """Bottles that look the same on the page: lot, grams, expiry, day, product, and whether a nurse added them.

    `added` is when she saved them, each saving once; nothing for bottles that the circle typed.
    """

    vials: list[Vial]
    added: set[datetime]

    @property
    def lot(self) -> str:
        """The lot as printed."""
        return self.vials[0].lot

    @property
    def count_words(self) -> str:
        """`4 bottles`, nothing for one alone."""
        return bottles(len(self.vials)) if len(self.vials) > 1 else ""

    @property
    def added_words(self) -> str:
        """When the nurse saved them, a date said once: `Sat 28 Nov, 9:13, 9:20`."""
        instants = list({when(one): one for one in sorted(self.added)}.values())  # each minute once
        days = [None, *(local_date(one) for one in instants)]
        texts = (
            clock_time(one) if local_date(one) == day else when(one) for day, one in zip(days, instants, strict=False)
        )
        return joined(texts)

    @property
    def lines(self) -> list[str]:
        """What stands below the lot and is the same for all: grams and expiry, the day, a date that has passed."""
        first, many = self.vials[0], len(self.vials) > 1
        lines = [lot_facts(first.grams, first.expires_on, each=many)]
        if first.day is not None and len(first.infusion.days) > 1:
            lines.append(day_heading(first.day))
        if first.serial and not many:
            lines.append(serial_words(first))
        if has_passed(first.expires_on, first.infused_on):
            lines.append(str(_("Please re-read the label: this bottle’s date has passed.")))
        return [line for line in lines if line]


def lot_groups(vials: Sequence[Vial], by_nurse: Mapping[str, datetime]) -> list[LotGroup]:
    """Equal bottles together, in the order in which the first of each was saved."""
    groups: dict[tuple[object, ...], LotGroup] = {}
    for vial in vials:
        added_at = by_nurse.get(vial.entry_id or "")
        key = (vial.lot, vial.grams, vial.expires_on, vial.infusion_day_id, vial.product, added_at is not None)
        group = groups.setdefault(key, LotGroup([], set()))
        group.vials.append(vial)
        group.added.update([added_at] if added_at else [])
    return list(groups.values())


def bottle_words(number: int, vial: Vial) -> str:
    """One of several equal bottles: `Bottle 2`, with its serial number where it has one."""
    name = str(_("Bottle %(number)s", number=number))
    return joined([name, serial_words(vial)]) if vial.serial else name


def serial_words(vial: Vial) -> str:
    """`Serial 12345`."""
    return str(_("Serial %(serial)s", serial=vial.serial))


def bottles(count: int) -> str:
    """`4 bottles`."""
    return str(ngettext("%(num)d bottle", "%(num)d bottles", count))


def lot_facts(grams: Decimal | None, expires_on: date | None, *, each: bool = False) -> str:
    """Grams and expiry of a bottle, as far as they are known: `10 g, use by 03/2028`."""
    parts = []
    if grams is not None:
        amount = quantity(grams, "g")
        parts.append(str(_("%(grams)s each", grams=amount)) if each else amount)
    if expires_on is not None:
        parts.append(str(_("use by %(month)s", month=expiry_in_text(expires_on))))
    return joined(parts)


def lots_summary(vials: Sequence[Vial]) -> str:
    """How many bottles, their grams where all are known, and how many have no expiry: `6 bottles, 55 g`."""
    count = len(vials)
    parts = [bottles(count)]
    grams = [vial.grams for vial in vials if vial.grams is not None]
    if len(grams) == count:
        parts.append(quantity(sum(grams, Decimal(0)), "g"))
    if without := sum(vial.expires_on is None for vial in vials):
        parts.append(str(_("%(some)s of %(all)s without expiry", some=without, all=count)))
    return joined(parts)
