"""One change of the plan in words: what was saved, which dates follow, which booked ones stay."""

from collections.abc import Callable
from datetime import date
from typing import Any

from flask_babel import gettext as _

from companion.domain.recurrence import Policy
from companion.formatting import joined, short_date
from companion.infusions.models import LONG_AGO, PlanChange

MOST_DATES = 3
_OF_THE_PLAN = ("change", "shift", "pause")
"""Changes that may move the course that they begin with like any other."""


def change_sentence(change: PlanChange, *, of_old_plan: bool = False) -> str:
    """What a change did, in the reader's language, in a few short sentences.

    `of_old_plan`: a plan ended because another one was made.
    """
    moved = _moved_courses(change)
    dropped = _dropped_dates(change)
    lead = _replaced(_told(change)) if of_old_plan else _lead(change)
    parts = [lead, _dose(change), _later_days(change), _moved(moved), _dropped(dropped)]
    if change.verb in ("end", "pause") or moved or dropped or (change.verb == "move" and _told(change)["stays"]):
        parts += [_stays(change), _keeps_own(change)]
    return _spaced([part for part in parts if part])


def _told(change: PlanChange) -> dict[str, Any]:
    told: Any = change.after
    return dict(told)


def _rows(change: PlanChange, side: str) -> dict[str, Any]:
    rows: Any = getattr(change, side)["rows"]
    return dict(rows)


def _lead(change: PlanChange) -> str:
    """What was done."""
    if change.verb in _PLAN_LEADS:
        return _PLAN_LEADS[change.verb](_told(change))
    return _lead_of_day(change)


def _paused(told: dict[str, Any]) -> str:
    from_on, until_on = (short_date(date.fromisoformat(on)) if on else None for on in told["pause"])
    if until_on is None:
        return _("The plan is paused from %(date)s. Nothing is expected until you resume it.", date=from_on)
    return _("The plan is paused from %(first)s to %(last)s.", first=from_on, last=until_on)


def _resumed(told: dict[str, Any]) -> str:
    return _("The plan goes on. Next infusion: %(date)s.", date=short_date(date.fromisoformat(told["on"])))


def _kept(told: dict[str, Any]) -> str:
    return _("The plan goes on. It has no end date.")


def _ended(told: dict[str, Any]) -> str:
    if told.get("ends_on"):
        return _("The plan ends on %(date)s.", date=short_date(date.fromisoformat(told["ends_on"])))
    return _("The plan has ended.")


def _replaced(told: dict[str, Any]) -> str:
    if told.get("ends_on"):
        on = short_date(date.fromisoformat(told["ends_on"]))
        return _("The new plan is saved. The old one ends on %(date)s.", date=on)
    return _("The new plan is saved. The old one has ended.")


_PLAN_LEADS: dict[str, Callable[[dict[str, Any]], str]] = {
    "change": lambda told: _("The plan was changed."),
    "shift": lambda told: "",
    "pause": _paused,
    "resume": _resumed,
    "end": _ended,
    "keep": _kept,
}


def _lead_of_day(change: PlanChange) -> str:
    told = _told(change)
    on, number = short_date(date.fromisoformat(told["on"])), told["day"]
    if number is not None and told["days"] > 1:
        words = {
            "done": _("Day %(number)s: done on %(date)s.", number=number, date=on),
            "partial": _("Day %(number)s: given in part on %(date)s.", number=number, date=on),
            "skip": _("Day %(number)s: skipped.", number=number),
            "move": _("Day %(number)s moved to %(date)s.", number=number, date=on),
            "confirm": _("Day %(number)s, %(date)s: still on.", number=number, date=on),
        }
    else:
        words = {
            "done": _("Infusion done on %(date)s.", date=on),
            "partial": _("Infusion given in part on %(date)s.", date=on),
            "skip": _("Infusion of %(date)s skipped.", date=on),
            "move": _("Infusion moved to %(date)s.", date=on),
            "confirm": _("Infusion on %(date)s: still on.", date=on),
            "book": _("%(date)s is booked now.", date=on),
            "expect": _("%(date)s is expected now, not booked.", date=on),
        }
    return words[change.verb]


def _dose(change: PlanChange) -> str:
    """From when another dose is in force; that one was corrected."""
    key = next((key for key in _rows(change, "after") if key.startswith("regimen:")), "")
    before, after = _rows(change, "before").get(key), _rows(change, "after").get(key)
    if change.verb != "change" or not before or not after or before.get("doses") == after.get("doses"):
        return ""
    known = {dose["from_on"] for dose in before["doses"]}
    new = [dose["from_on"] for dose in after["doses"] if dose["from_on"] not in known and not dose["is_loading"]]
    if not new or new[0] == LONG_AGO.isoformat():
        return _("The dose is saved.")
    return _("The new dose counts from %(date)s on.", date=short_date(date.fromisoformat(new[0])))


def _later_days(change: PlanChange) -> str:
    """The days of the same course that follow the answered or moved one."""
    told = _told(change)
    key = f"infusion:{told['course']}"
    before, after = _rows(change, "before").get(key), _rows(change, "after").get(key)
    if told["day"] is None or not before or not after:
        return ""
    dates = [
        day["planned_on"]
        for number, day in sorted(after["days"].items())
        if int(number) > told["day"] and day["planned_on"] != before["days"][number]["planned_on"]
    ]
    if not dates:
        return ""
    if len(dates) == 1:
        return _("The day after it moves to %(dates)s.", dates=_listed(dates))
    return _("The days after it move to %(dates)s.", dates=_listed(dates))


def _moved_courses(change: PlanChange) -> list[str]:
    """New first dates of the courses that followed, in order."""
    before, own = _rows(change, "before"), f"infusion:{_told(change)['course']}"
    dates = [
        values["first_on"]
        for key, values in _rows(change, "after").items()
        if key.startswith("infusion:")
        and (key != own or change.verb in _OF_THE_PLAN)
        and before[key]
        and not values["cancelled_at"]
        and values["first_on"] != before[key]["first_on"]
    ]
    return sorted(dates)


def _dropped_dates(change: PlanChange) -> list[str]:
    before = _rows(change, "before")
    return _left_out(change) or sorted(
        before[key]["first_on"]
        for key, values in _rows(change, "after").items()
        if key.startswith("infusion:") and values["cancelled_at"] and before[key] and not _is_open_pause(change)
    )


def _left_out(change: PlanChange) -> list[str]:
    """Dates of a plan on fixed dates that nothing falls on any more, for the infusion before them came too close."""
    told, before = _told(change), _rows(change, "before")
    if told.get("policy") != Policy.PLANNED_WEEKDAY or told["day"] is None:
        return []
    own = f"infusion:{told['course']}"
    after = {key: row for key, row in _rows(change, "after").items() if key.startswith("infusion:") and key != own}
    stand = {row["first_on"] for row in after.values() if not row["cancelled_at"]}
    return sorted({before[key]["first_on"] for key in after if before[key]} - stand)


def _is_open_pause(change: PlanChange) -> bool:
    """Its lead says that nothing is expected."""
    return change.verb == "pause" and _told(change)["pause"][1] is None


def _moved(dates: list[str]) -> str:
    if not dates:
        return ""
    listed = _listed(dates[:MOST_DATES])
    if len(dates) == 1:
        return _("The next expected date moves to %(dates)s.", dates=listed)
    if len(dates) == 2:
        return _("The next two expected dates move to %(dates)s.", dates=listed)
    return _("The next three expected dates move to %(dates)s.", dates=listed)


def _dropped(dates: list[str]) -> str:
    if not dates:
        return ""
    if len(dates) == 1:
        return _("%(dates)s is no longer expected.", dates=_listed(dates))
    listed, more = _listed(dates[:MOST_DATES]), len(dates) - MOST_DATES
    if more > 0:
        return _("%(dates)s and %(count)s more are no longer expected.", dates=listed, count=more)
    return _("%(dates)s are no longer expected.", dates=listed)


def _stays(change: PlanChange) -> str:
    dates = _told(change)["stays"]
    if not dates:
        return ""
    listed = _listed(dates[:MOST_DATES])
    if change.verb == "pause":
        if len(dates) == 1:
            return _("%(dates)s stays booked. Call the clinic?", dates=listed)
        return _("%(dates)s stay booked. Call the clinic?", dates=listed)
    if len(dates) == 1:
        return _("%(dates)s stays booked.", dates=listed)
    return _("%(dates)s stay booked.", dates=listed)


def _keeps_own(change: PlanChange) -> str:
    """Single exceptions that a shift leaves alone."""
    dates = _told(change).get("own")
    if not dates:
        return ""
    if len(dates) == 1:
        return _("%(dates)s keeps its own date.", dates=_listed(dates))
    return _("%(dates)s keep their own dates.", dates=_listed(dates[:MOST_DATES]))


def _listed(dates: list[str]) -> str:
    return joined([short_date(date.fromisoformat(on)) for on in dates])


def _spaced(sentences: list[str]) -> str:
    """Sentences in a row; Chinese needs no space between them."""
    text = ""
    for sentence in sentences:
        text += ("" if not text or text.endswith("。") else " ") + sentence
    return text
