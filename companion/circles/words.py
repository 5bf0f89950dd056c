"""What the members of a circle can and cannot do, in plain words, and how an invitation stands."""

from collections.abc import Collection, Mapping

from flask_babel import lazy_gettext as _l

from companion.circles.models import ACCEPTED, DECLINED, EXPIRED, OPEN, REVOKED
from companion.domain.roles import CALENDAR_ONLY, FULL_HELP, KEEPER, MANAGE_CALENDAR, PATIENT, rights_of

RIGHT_WORDS = {
    "see_dates": _l("See infusions, visits, supplies and phone numbers"),
    "answer": _l("Answer reminders and write down what was given"),
    "manage_dates": _l("Add and move dates, see the medical card"),
    "see_check_ins": _l("See and write check-ins and reactions"),
    "see_notes": _l("Read notes"),
    "keep_circle": _l("Invite people and decide who sees what"),
}
"""Check-ins are seen and written by the same people, so one line says both."""
PRESET_WORDS = {
    CALENDAR_ONLY: _l("Calendar only"),
    MANAGE_CALENDAR: _l("Manage the calendar"),
    FULL_HELP: _l("Full help"),
    PATIENT: _l("The patient"),
    KEEPER: _l("Keeper of the circle"),
}
PRESET_HINTS = {
    CALENDAR_ONLY: _l("Sees dates and answers reminders. Sees no check-ins."),
    MANAGE_CALENDAR: _l("Also adds and moves dates. Sees no check-ins."),
    FULL_HELP: _l("Also sees and writes check-ins and reactions."),
    PATIENT: _l("Takes over the circle and decides who sees what."),
    KEEPER: _l("Decides who sees what, for the patient."),
}
STATE_WORDS = {
    OPEN: _l("Waits for an answer"),
    ACCEPTED: _l("Accepted"),
    DECLINED: _l("Said no"),
    REVOKED: _l("Taken back"),
    EXPIRED: _l("Too old now. Send it again."),
}
MAIL_WORDS = {
    "waiting": _l("The mail goes out in a moment."),
    "sent": _l("The mail was sent."),
    "failed": _l("The mail did not go out. Check the address, or send the link yourself."),
}
LANGUAGE_NAMES: Mapping[str, str] = {"en": "English", "zh": "简体中文"}


def can(rights: Collection[str]) -> list[str]:
    """What somebody with these rights can do."""
    return [str(words) for right, words in RIGHT_WORDS.items() if right in rights]


def cannot(rights: Collection[str]) -> list[str]:
    """What stays closed to somebody with these rights."""
    return [str(words) for right, words in RIGHT_WORDS.items() if right not in rights]


def offered(preset: str, see_notes: bool) -> frozenset[str]:
    """The rights that an invitation offers."""
    return rights_of(preset, see_notes)


def tiles(presets: Collection[str]) -> list[tuple[str, str, str, str]]:
    """Presets to choose from: value, words, no icon, what it means."""
    return [(preset, str(PRESET_WORDS[preset]), "", str(PRESET_HINTS[preset])) for preset in presets]
