"""What several forms of infusions check in the same way."""

from datetime import date, timedelta
from decimal import Decimal

from flask_babel import gettext as _
from wtforms.validators import StopValidation, ValidationError

from companion.formatting import short_date
from companion.infusions.models import InfusionDay
from companion.infusions.operations import NoRoom

FAR_DAYS = 731
MOST_GRAMS = Decimal(1000)


def no_room_words(refused: NoRoom, day: InfusionDay | None = None) -> str:
    """Why a date cannot be, and what to do."""
    on = short_date(refused.on)
    if not refused.after:
        return str(_("%(date)s is taken by the infusion day before. Choose a later day.", date=on))
    if refused.booked:
        return str(_("The next one is booked for %(date)s. Choose a day before it, or skip this one.", date=on))
    return str(_("The next one is on %(date)s. Choose a day before it, or skip this one.", date=on))


def check_near(on: date, today: date, most_days: int = FAR_DAYS) -> None:
    """Refuse a date more than two years away, which is nearly always a slip of the year."""
    if on < today - timedelta(days=most_days):
        raise ValidationError(_("This date is long ago. Please check the year."))
    if on > today + timedelta(days=FAR_DAYS):
        raise ValidationError(_("This date is far ahead. Please check the year."))


def check_grams(grams: Decimal | None) -> None:
    """Refuse grams that cannot be."""
    if grams is not None and not 0 < grams <= MOST_GRAMS:
        raise StopValidation(_("Type the grams, such as 20, or leave it empty."))
