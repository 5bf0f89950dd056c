"""What to do first at an urgent sign: by place while an infusion may be running, else the number of the country."""

from datetime import date

from flask_babel import gettext as _

from companion.circles.models import Circle
from companion.circles.queries import country_now
from companion.domain.safety import emergency_number
from companion.infusions.models import Infusion


def may_be_running(infusion: Infusion, today: date) -> bool:
    """Whether one of its days is today and nobody said what became of it."""
    return any(day.happened_on == today and not day.is_answered for day in infusion.days)


def place_of(infusion: Infusion, today: date) -> str | None:
    """`home` or `clinic` while the infusion may be running there; None before, after, and where it is not known."""
    at_home = infusion.regimen.at_home if infusion.regimen else None
    if at_home is None or not may_be_running(infusion, today):
        return None
    return "home" if at_home else "clinic"


def first_step(infusion: Infusion, today: date, circle: Circle) -> str:
    """One short sentence: the nurse, the pump, or the number to call where the patient is now."""
    place = place_of(infusion, today)
    if place is not None:
        return str(_("Stop the pump and call for help.") if place == "home" else _("Tell the nurse now."))
    if may_be_running(infusion, today):
        return str(_("Stop and call for help."))
    number = emergency_number(country_now(circle))
    return str(_("Call %(number)s now.", number=number) if number else _("Call for help first."))
