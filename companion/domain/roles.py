"""The table of who may do what in a care circle: the one authority on rights."""

RIGHTS: frozenset[str] = frozenset(
    {
        "see_dates",
        "answer",
        "manage_dates",
        "see_check_ins",
        "see_notes",
        "write_check_ins",
        "keep_circle",
    }
)
"""Every right that exists. A membership holds some of them."""

PATIENT = "patient"
KEEPER = "keeper"
CALENDAR_ONLY = "calendar_only"
MANAGE_CALENDAR = "manage_calendar"
FULL_HELP = "full_help"

_CALENDAR_ONLY = frozenset({"see_dates", "answer"})
_MANAGE_CALENDAR = _CALENDAR_ONLY | {"manage_dates"}
_FULL_HELP = _MANAGE_CALENDAR | {"see_check_ins", "write_check_ins"}

ROLES: dict[str, frozenset[str]] = {
    PATIENT: RIGHTS,
    KEEPER: RIGHTS,
    CALENDAR_ONLY: _CALENDAR_ONLY,
    MANAGE_CALENDAR: _MANAGE_CALENDAR,
    FULL_HELP: _FULL_HELP,
}
"""Rights of each role. The keeper holds the patient's rights until the patient claims the circle."""

PRESETS: tuple[str, ...] = (CALENDAR_ONLY, MANAGE_CALENDAR, FULL_HELP)
"""The roles that a caregiver can be invited to, from the fewest rights to the most."""


class UnknownRole(ValueError):
    """Raised for a role that the table does not have."""


def rights_of(preset: str, see_notes: bool = False) -> frozenset[str]:
    """The rights of a role; notes are a flag of their own and count only where check-ins are seen.

    Raises UnknownRole.
    """
    try:
        rights = ROLES[preset]
    except KeyError:
        raise UnknownRole(preset) from None
    if see_notes and "see_check_ins" in rights:
        return rights | {"see_notes"}
    return rights
