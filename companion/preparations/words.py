"""Duties and things to prepare in the reader's words."""

from datetime import date
from itertools import groupby

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from companion.accounts.models import Account
from companion.formatting import in_days, joined, short_date
from companion.infusions.models import InfusionDay
from companion.preparations.models import DRIVE, NOT_NEEDED, PICK_UP, STAY, TAKEN, Duty
from companion.preparations.queries import DayDuty, Item

ROLE_WORDS = {DRIVE: _l("Drive there"), STAY: _l("Stay with them"), PICK_UP: _l("Pick up")}
ROLE_ICONS = {DRIVE: "car", STAY: "people", PICK_UP: "home"}
NOBODY = {
    DRIVE: _l("Nobody drives yet"),
    STAY: _l("Nobody stays yet"),
    PICK_UP: _l("Nobody picks up yet"),
}
NO_NEED = {
    DRIVE: _l("Nobody needs to drive"),
    STAY: _l("Nobody needs to stay"),
    PICK_UP: _l("Nobody needs to pick up"),
}
YOURS = {DRIVE: _l("You drive"), STAY: _l("You stay"), PICK_UP: _l("You pick up")}
CLAIMS = {DRIVE: _l("I drive"), STAY: _l("I stay"), PICK_UP: _l("I pick up")}
KIND_WORDS = {
    "blood_test": _l("Blood test"),
    "water": _l("Drink water, unless told to limit fluids"),
    "premedicines": _l("Premedicines, only as prescribed"),
    "warm_clothes": _l("Warm clothes"),
    "insurance_card": _l("Insurance card"),
    "delivery": _l("Delivery of the drug"),
}
ROUTE_WORDS = {"IV": _l("Before an infusion into a vein"), "SC": _l("Before an infusion under the skin")}


def name_of(account: Account | None) -> str:
    """What a member is called."""
    return (account.name if account else None) or str(_("A member"))


def holder(duty: Duty) -> str:
    """Who has a duty: a member, or somebody outside the app."""
    return duty.name or name_of(duty.account)


def holder_words(duty: Duty, viewer_id: int | None = None) -> str:
    """`Ben drives`, `You drive`."""
    if viewer_id is not None and duty.account_id == viewer_id:
        return str(YOURS[duty.role])
    name = holder(duty)
    said = {
        DRIVE: _("%(name)s drives", name=name),
        STAY: _("%(name)s stays", name=name),
        PICK_UP: _("%(name)s picks up", name=name),
    }
    return str(said[duty.role])


def duty_words(one: DayDuty, viewer_id: int | None = None) -> str:
    """What is known about one role on one day; a yes to another date says so."""
    duty = one.duty
    if duty is None or one.state not in (TAKEN, NOT_NEEDED):
        return str(NOBODY[one.role])
    if one.state == NOT_NEEDED:
        return str(NO_NEED[one.role])
    said = holder_words(duty, viewer_id)
    if one.is_settled or duty.agreed_on is None:
        return said
    return str(_("%(who)s: said for %(date)s", who=said, date=short_date(duty.agreed_on)))


def offer_words(duty: Duty | None, viewer_id: int | None = None) -> str:
    """Who was asked and has not answered; nothing where nobody was."""
    if duty is None or duty.offered_to is None or duty.offered_to_id == viewer_id:
        return ""
    return str(_("%(name)s was asked, no answer yet", name=name_of(duty.offered_to)))


def question_words(duty: Duty) -> str:
    """What the person who was asked reads."""
    name = name_of(duty.offered_by)
    said = {
        DRIVE: _("%(name)s asks: can you drive?", name=name),
        STAY: _("%(name)s asks: can you stay?", name=name),
        PICK_UP: _("%(name)s asks: can you pick up?", name=name),
    }
    return str(said[duty.role])


def role_lines(days: list[DayDuty], viewer_id: int | None = None) -> list[str]:
    """One line a role; one for each run of days where they differ: `Ben drives (30 Nov)`."""
    runs = [list(run) for _mark, run in groupby(days, lambda one: one.mark)]
    if len(runs) == 1:
        return [duty_words(days[0], viewer_id)]
    return [str(_("%(who)s (%(dates)s)", who=duty_words(run[0], viewer_id), dates=_days_of(run))) for run in runs]


def _days_of(run: list[DayDuty]) -> str:
    return joined(short_date(one.day.happened_on) for one in run)


def taken_words(duty: Duty) -> str:
    """What the second of two is told."""
    return str(_("%(who)s already. Nothing was changed.", who=holder_words(duty)))


def driver_words(day: InfusionDay, duty: Duty | None, viewer_id: int | None = None) -> str:
    """The short line of a calendar row; nothing where nobody said yes to this date."""
    return holder_words(duty, viewer_id) if duty is not None and duty.agreed_on == day.happened_on else ""


def item_title(item: Item) -> str:
    """A thing to prepare: the person's own words, else the app's."""
    return item.words or str(KIND_WORDS[item.kind or ""])


def ready_words(items: list[Item]) -> str:
    """`3 of 6 ready`."""
    return str(_("%(done)s of %(total)s ready", done=sum(1 for i in items if i.done_at), total=len(items)))


def due_words(item: Item, first_on: date) -> str:
    """When a thing should be ready: `by Tue 2 Mar`; nothing for the day itself."""
    if item.lead_days == 0:
        return ""
    on = item.due_on(first_on)
    return str(_("by %(date)s, %(days)s", date=short_date(on), days=in_days(on).lower()))


def lead_words(days: int) -> str:
    """`3 days before`, `On the day`."""
    return str(ngettext("%(num)s day before", "%(num)s days before", days) if days else _("On the day"))
