"""Supplies in the reader's words, for their own pages and for Today."""

from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from companion.formatting import expiry_in_text, joined, quantity, short_date
from companion.supplies.models import Parcel, Supply, SupplyStock
from companion.supplies.queries import Shelf

KIND_WORDS = {"vial": _l("Bottles of immunoglobulin"), "material": _l("Material, such as needles")}
VERB_WORDS = {
    "received": _l("Came in"),
    "used": _l("Used"),
    "counted": _l("Counted again"),
    "thrown": _l("Thrown away"),
}


def supply_name(supply: Supply) -> str:
    """`Hizentra, 4 g`."""
    return joined([supply.name, *([quantity(supply.grams, "g")] if supply.grams is not None else [])])


def count_words(shelf: Shelf) -> str:
    """`6 here, enough for 1 infusion`; the second part only where infusions used some."""
    words = ngettext("%(num)s here", "%(num)s here", shelf.count)
    if shelf.lasts is None:
        return words
    if shelf.lasts == 0:
        return joined([words, _("not enough for an infusion")])
    return joined([words, ngettext("enough for %(num)s infusion", "enough for %(num)s infusions", shelf.lasts)])


def low_words(shelf: Shelf) -> str:
    """The line on Today."""
    return str(_("%(name)s runs low: %(count)s", name=supply_name(shelf.supply), count=count_words(shelf)))


def look_words(shelf: Shelf, today: date) -> list[str]:
    """The lines of the weekly message about one supply: that it runs low, and what expires."""
    low = [low_words(shelf)] if shelf.is_low else []
    name = supply_name(shelf.supply)
    return low + [
        str(_("%(name)s: use by %(month)s", name=name, month=expiry_in_text(stock.expires_on)))
        for stock in shelf.expiring(today)
        if stock.expires_on is not None
    ]


def stock_words(stock: SupplyStock) -> str:
    """`Lot P4117, use by 03/2028`, as far as they are known."""
    lot = _("lot %(lot)s", lot=stock.lot) if stock.lot else _("lot not entered")
    return joined(
        [lot, *([_("use by %(month)s", month=expiry_in_text(stock.expires_on))] if stock.expires_on else [])]
    )


def parcel_words(parcel: Parcel) -> str:
    """`4 on their way, Tue 3 Dec`."""
    words = ngettext("%(num)s on its way", "%(num)s on their way", parcel.count)
    return joined([words, short_date(parcel.expected_on) if parcel.expected_on else _("day unknown")])
