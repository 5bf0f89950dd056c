"""Who looked and who changed, in plain words: the deeds of each day, told once however often they were done."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from companion.accounts.models import Account
from companion.circles.models import Circle
from companion.formatting import clock_time, joined, labelled, local_date
from companion.trail.models import ADDED, CHANGED, EXPORTED, LINK, READ, REFUSED, REMOVED, SYSTEM, TrailEntry

VERB_WORDS = {
    ADDED: _l("Added"),
    CHANGED: _l("Changed"),
    REMOVED: _l("Removed"),
    READ: _l("Looked at"),
    EXPORTED: _l("Took a copy of"),
    REFUSED: _l("Wanted to see, and may not"),
}
ICONS = {ADDED: "plus", CHANGED: "pencil", REMOVED: "bin", READ: "eye", EXPORTED: "share", REFUSED: "shield"}
PAGE_WORDS = {
    "calendar": _l("Calendar"),
    "check_ins": _l("Check-ins"),
    "circle": _l("Care circle"),
    "clinician_links": _l("Link for the doctor"),
    "doctors_report": _l("The page for the doctor"),
    "infusions": _l("Infusions"),
    "medical_card": _l("Medical card"),
    "messages": _l("Messages"),
    "paper": _l("Paper and phone"),
    "phone_copy": _l("The copy on a phone, without a connection"),
    "preparations": _l("Things to prepare"),
    "program": _l("Data for a program"),
    "recalls": _l("Check a recall"),
    "reminders": _l("Reminders"),
    "supplies": _l("Supplies at home"),
    "today": _l("Today"),
    "trends": _l("Insights"),
    "visits": _l("Visits"),
}
ROW_WORDS = {
    "check_in": _l("Check-in"),
    "check_in_setting": _l("What the check-in asks"),
    "circle": _l("Care circle"),
    "clinician_link": _l("Link for the doctor"),
    "consent": _l("What was agreed to"),
    "contact": _l("Phone number"),
    "deletion": _l("Deletion of the circle"),
    "diary": _l("Diary of the days after"),
    "duty": _l("Who does what"),
    "everything": _l("All data of this circle"),
    "feed": _l("Calendar feed"),
    "infusion": _l("Infusion"),
    "invitation": _l("Invitation"),
    "medical_card": _l("Medical card"),
    "member": _l("Somebody in the circle"),
    "message": _l("Message sent by hand"),
    "nurse_link": _l("Link for the nurse"),
    "photo": _l("Photos of the labels"),
    "plan": _l("Infusion plan"),
    "plan_setting": _l("Places and lists for infusions"),
    "preparation": _l("Things to prepare"),
    "questionnaire": _l("Total of a questionnaire"),
    "reaction": _l("Reaction"),
    "reminder": _l("A reminder for later"),
    "reminder_rule": _l("Reminders"),
    "sign_in": _l("A way to sign in"),
    "supply": _l("Supplies at home"),
    "vial": _l("Bottles and lots"),
    "visit": _l("Visit"),
    "weight": _l("Weight"),
}


@dataclass(slots=True)
class Line:
    """What one person did in one way on a day, as a page shows it: `what` holds how often, by the words for it."""

    who: str
    verb: str
    first_at: datetime
    last_at: datetime
    what: dict[str, int]

    @property
    def icon(self) -> str:
        """The drawing beside the words."""
        return ICONS[self.verb]

    @property
    def when(self) -> str:
        """The time, or from when to when."""
        first, last = clock_time(self.first_at), clock_time(self.last_at)
        return last if first == last else f"{first}–{last}"

    @property
    def words(self) -> str:
        """The deed and all that it was done to."""
        counted = [
            what if times == 1 else ngettext("%(what)s (%(num)s time)", "%(what)s (%(num)s times)", times, what=what)
            for what, times in self.what.items()
        ]
        return labelled(VERB_WORDS[self.verb], joined(counted))


def lines_by_day(
    entries: Iterable[TrailEntry], circle: Circle, viewer: Account, names: dict[str, str | None]
) -> dict[date, list[Line]]:
    """What each day tells, newest first. `names`: by public ids, of those whose accounts are there."""
    days: dict[date, dict[tuple[str, str], Line]] = {}
    members = {member.account.public_id for member in circle.memberships}
    for entry in entries:
        about = entry.object_id if entry.kind in ("member", "sign_in") and entry.object_id != entry.actor else None
        what = _what(entry, names.get(about) if about else None)
        who = _who(entry.actor, viewer, members, names)
        lines = days.setdefault(local_date(entry.at), {})
        line = lines.setdefault((entry.actor, entry.verb), Line(who, entry.verb, entry.at, entry.at, {}))
        line.first_at = entry.at
        line.what[what] = line.what.get(what, 0) + 1
    return {day: list(lines.values()) for day, lines in days.items()}


def _what(entry: TrailEntry, about: str | None) -> str:
    words = PAGE_WORDS if entry.verb in (READ, REFUSED) else ROW_WORDS
    what = str(words[entry.kind])
    return _("%(what)s (%(who)s)", what=what, who=about) if about else what


def _who(actor: str, viewer: Account, members: set[str], names: dict[str, str | None]) -> str:
    if actor == SYSTEM:
        return _("The app itself")
    if actor == LINK:
        return _("Somebody with a link")
    if actor not in names:
        return _("Somebody who left the circle")
    name = names[actor] or _("No name yet")
    if actor == viewer.public_id:
        return _("%(name)s (you)", name=name)
    return name if actor in members else _("%(name)s (has left)", name=name)
