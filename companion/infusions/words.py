"""Plans, courses and days in the reader's words, for every page and message that names them."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from babel.dates import format_date
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from companion.domain.recurrence import default_offsets
from companion.formatting import (
    city_of,
    clock_time,
    joined,
    locale,
    number,
    quantity,
    short_date,
    start_words,
    weekday_date,
)
from companion.infusions.models import LONG_AGO, Infusion, InfusionDay, Regimen, RegimenDose, RegimenPause

ROUTE_WORDS = {"IV": _l("Into a vein"), "SC": _l("Under the skin")}
CERTAINTY_WORDS = {"booked": _l("Booked"), "expected": _l("Expected")}
STATE_WORDS = {
    "planned": _l("Planned"),
    "today": _l("Today"),
    "under_way": _l("Under way"),
    "done": _l("Done"),
    "partial": _l("Given in part"),
    "skipped": _l("Skipped"),
    "unknown": _l("Not answered"),
}
SKIP_WORDS = {
    "ill": _l("I was ill"),
    "clinic": _l("The clinic cancelled"),
    "supply": _l("The drug was not there"),
    "travel": _l("I was away"),
    "other": _l("Another reason"),
}
PAUSE_WORDS = {"travel": _l("Travel"), "hospital": _l("In hospital"), "other": _l("Another reason")}
SEVERITY_WORDS = {"mild": _l("Mild"), "moderate": _l("Moderate"), "severe": _l("Severe")}


def rhythm_words(count: int, unit: str) -> str:
    """`every week`, `every 4 weeks`, `every 10 days`."""
    if unit == "day":
        return str(_("every day") if count == 1 else _("every %(num)s days", num=count))
    if unit == "week":
        return str(_("every week") if count == 1 else _("every %(num)s weeks", num=count))
    return str(_("every month") if count == 1 else _("every %(num)s months", num=count))


def dose_words(dose: RegimenDose | None, days: int) -> str:
    """The dose as typed with the days of a course: `2 g/kg over 5 days`; nothing where neither says anything."""
    if dose is not None and dose.total_grams is not None:
        amount = quantity(dose.total_grams, "g")
    elif dose is not None and dose.dose_g_per_kg is not None:
        amount = quantity(dose.dose_g_per_kg, "g/kg")
    else:
        return "" if days == 1 else str(_("%(days)s days", days=days))
    if days == 1:
        return amount
    if dose.dose_each_day and dose.total_grams is None:
        return str(_("%(dose)s each day on %(days)s days", dose=amount, days=days))
    return str(_("%(dose)s over %(days)s days", dose=amount, days=days))


def course_dose_words(infusion: Infusion) -> str:
    """The dose that the plan had on the date of a course, with its days."""
    return dose_words(infusion.dose, len(infusion.days))


def regimen_words(regimen: Regimen, on: date) -> str:
    """A plan in a line, with the dose in force on a date: `2 g/kg over 5 days, every 4 weeks`."""
    line = rhythm_words(regimen.interval_count, regimen.interval_unit)
    if dose := dose_words(regimen.dose_on(on), regimen.days_per_course):
        line = str(_("%(dose)s, %(rhythm)s", dose=dose, rhythm=line))
    return capital(line)


def plan_line(regimen: Regimen, on: date) -> str:
    """A plan in a choice of several: `Plan 2 · Every 4 weeks`, with its number where it needs one."""
    line, plan = regimen_words(regimen, on), plan_number_words(regimen)
    return f"{capital(plan)} · {line}" if plan else line


def capital(line: str) -> str:
    """A line that begins with a capital, where the script has them."""
    return line[:1].upper() + line[1:]


def given_days_words(offsets: Sequence[int]) -> str:
    """On which days a course is given, where they are not in a row: `Days 1 and 4 of each course`; else nothing."""
    if tuple(offsets) == default_offsets(len(offsets)):
        return ""
    numbers = [str(offset + 1) for offset in offsets]
    return str(_("Days %(list)s and %(last)s of each course", list=joined(numbers[:-1]), last=numbers[-1]))


def dose_history(regimen: Regimen) -> list[tuple[str, str]]:
    """Every dose of a plan: from when, and what; of the loading course, since the start, from a date."""
    rows = [(_("Loading course"), regimen.loading_dose, regimen.loading_offsets)] if regimen.loading_dose else []
    rows += [(_since(dose), dose, regimen.day_offsets) for dose in regimen.maintenance_doses]
    return [(str(since), dose_words(dose, len(days or [])) or str(_("not entered"))) for since, dose, days in rows]


def _since(dose: RegimenDose) -> str:
    if dose.from_on == LONG_AGO:
        return str(_("From the start"))
    return str(_("From %(date)s", date=short_date(dose.from_on)))


def pause_words(pause: RegimenPause) -> str:
    """From when to when a plan is paused, and why."""
    span, reason = pause_span_words(pause), PAUSE_WORDS.get(pause.reason or "")
    return f"{span} · {reason}" if reason and pause.reason != "other" else span


def pause_span_words(pause: RegimenPause) -> str:
    """From when to when a plan is paused."""
    first = short_date(pause.from_on)
    if pause.until_on is None:
        return str(_("Paused from %(first)s until you resume it", first=first))
    return str(_("Paused from %(first)s to %(last)s", first=first, last=short_date(pause.until_on)))


def pause_of_plan_words(pause: RegimenPause) -> str:
    """A pause outside the plan's own page: `Infusion, plan 2: Paused from …` where other plans run beside it."""
    if not pause.regimen.is_one_of_several:
        return pause_words(pause)
    return str(_("%(what)s: %(pause)s", what=_of_plan(pause.regimen), pause=pause_words(pause)))


def dose_by_weight(dose: RegimenDose | None, weight_kg: Decimal | None) -> str:
    """Total grams against the last known weight, for reading only: `1.87 g/kg at 75 kg`."""
    if dose is None or dose.total_grams is None or not weight_kg:
        return ""
    by_weight = quantity((dose.total_grams / weight_kg).quantize(Decimal("0.01")), "g/kg")
    return str(_("%(dose)s at %(weight)s", dose=by_weight, weight=quantity(weight_kg, "kg")))


def infusion_word(infusion: Infusion) -> str:
    """What is given: the loading course, an infusion, or one under the skin; and of which of two plans alike."""
    return _of_plan(infusion.regimen, _("Loading course") if infusion.is_loading else None)


def which_infusion_words(infusion: Infusion) -> str:
    """`Infusion under the skin`, `Infusion, plan 2` where several plans run side by side; else nothing."""
    regimen = infusion.regimen
    return infusion_word(infusion) if regimen is not None and regimen.is_one_of_several else ""


def _of_plan(regimen: Regimen | None, word: str | None = None) -> str:
    """What a plan gives, `Infusion, plan 2`, or another word for it."""
    under_skin = regimen is not None and regimen.route == "SC"
    word = word or (_("Infusion under the skin") if under_skin else _("Infusion"))
    plan = plan_number_words(regimen)
    return str(_("%(what)s, %(plan)s", what=word, plan=plan) if plan else word)


def plan_number_words(regimen: Regimen | None) -> str:
    """`plan 2`, where two plans that run side by side are given the same way; else nothing."""
    number_here = regimen.number_beside_others if regimen is not None else None
    return str(_("plan %(number)s", number=number_here)) if number_here else ""


def infusion_title(infusion: Infusion) -> str:
    """`Infusion, 30 Nov and 1 Dec`."""
    dates = dates_words([day.happened_on for day in infusion.days])
    return str(_("%(what)s, %(dates)s", what=infusion_word(infusion), dates=dates))


def dates_words(dates: list[date]) -> str:
    """One date, two dates, or the first and last of more."""
    first, last = short_date(dates[0]), short_date(dates[-1])
    if len(dates) == 1:
        return first
    if len(dates) == 2:
        return str(_("%(first)s and %(last)s", first=first, last=last))
    return str(_("%(first)s to %(last)s", first=first, last=last))


def days_words(infusion: Infusion) -> str:
    """`5 days` for a course of several, nothing for one day."""
    count = len(infusion.days)
    return str(_("%(days)s days", days=count)) if count > 1 else ""


def day_title(day: InfusionDay) -> str:
    """`Infusion, day 1 of 2`, or just `Infusion` where the course has one day."""
    what, count = infusion_word(day.infusion), len(day.infusion.days)
    if count == 1:
        return what
    return str(_("%(what)s, day %(number)s of %(count)s", what=what, number=day.number, count=count))


def day_heading(day: InfusionDay) -> str:
    """`Day 1, Mon 30 Nov`, or just the date where the course has one day."""
    on = weekday_date(day.happened_on)
    if len(day.infusion.days) == 1:
        return on
    return str(_("Day %(number)s, %(date)s", number=day.number, date=on))


def day_question(day: InfusionDay) -> str:
    """The question that the dock, Today and a message ask."""
    if len(day.infusion.days) == 1:
        return str(_("Did this infusion happen?"))
    return str(_("Did day %(number)s happen?", number=day.number))


def day_facts(day: InfusionDay, with_place: bool = False) -> str:
    """Time, place and grams of a day, as far as they are known."""
    place = day.infusion.shown_place if with_place else None
    given = quantity(day.grams_given, "g") if day.grams_given is not None else None
    time = start_words(day) if not day.is_answered else None
    return joined([part for part in (time, place, given) if part])


def now_there(now: datetime, tz: str) -> str:
    """What date line a page of another place carries: `It is 12:30 in New York now.`"""
    return str(_("It is %(time)s in %(city)s now.", time=clock_time(now, tz), city=city_of(tz)))


def given_grams(infusion: Infusion) -> str:
    """The grams that were entered for the days of a course, added up; nothing where none was."""
    grams = [day.grams_given for day in infusion.days if day.grams_given is not None]
    return f"{number(sum(grams, Decimal(0)))} {_('g')}" if grams else ""


def weekday(on: date) -> str:
    """The short name of a weekday: `Mon`, `周一`."""
    return format_date(on, "EEE", locale=locale())


def weekday_letter(on: date) -> str:
    """The shortest name of a weekday, for the head of a month: `Mo`, `一`."""
    return format_date(on, "EEEEEE" if str(locale()).startswith("en") else "EEEEE", locale=locale())


def month(on: date) -> str:
    """The short name of a month, with the year when a list may cross one: `Nov`, `11月`."""
    return format_date(on, "LLL", locale=locale())
