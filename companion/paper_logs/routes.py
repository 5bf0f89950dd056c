"""Pages of the paper log: choose a month, print it, type it in, and what to ask on the phone."""

from datetime import date, timedelta
from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, g, render_template, request, url_for
from flask_babel import force_locale, ngettext
from flask_babel import gettext as _
from markupsafe import Markup

from companion import answers, clock
from companion.access import needs
from companion.checkins.models import CheckIn
from companion.checkins.queries import active_tasks, current_device, earlier_ratings
from companion.circles.queries import contacts_of, country_now, language_of_patient
from companion.database import transaction
from companion.domain.safety import LOOK_BACK_DAYS, SHORT_LIST, asks_when_it_came, emergency_number
from companion.formatting import local_date
from companion.infusions.queries import next_infusion
from companion.language import HTML_LANG, LANGUAGES, chosen_language
from companion.paper_logs import forms, operations, queries
from companion.submissions import once

blueprint = Blueprint("paper_logs", __name__)
EARLIER_MONTHS = 2


@blueprint.get("/paper-logs")
@needs("see_dates")
def index() -> str:
    """What paper and phone can do, and for which month."""
    this_month = _today().replace(day=1)
    months = [this_month, (this_month + timedelta(days=31)).replace(day=1)]
    for _number in range(EARLIER_MONTHS):
        earliest = min(months)
        months.append((earliest - timedelta(days=1)).replace(day=1))
    return render_template("paper_logs/paper_log_choose.html", months=months, this_month=this_month)


@blueprint.get("/paper-logs/<month>")
@needs("see_dates")
def show(month: str) -> str:
    """A month to print, in the patient's language: boxes, infusion days, whom to call."""
    first, circle = _month(month), g.standing.circle
    asked = request.args.get("language")
    language = asked if asked in LANGUAGES else language_of_patient(circle) or chosen_language()
    with force_locale(language):
        sheet = render_template(
            "paper_logs/_sheet.html",
            circle=circle,
            month=first,
            halves=_halves(queries.days_of(circle, first)),
            device=current_device(circle),
            clinic=contacts_of(circle).get("clinic"),
            number=emergency_number(country_now(circle)),
            numbers=SHORT_LIST,
        )
    return render_template(
        "paper_logs/paper_log_show.html",
        month=first,
        sheet=Markup(sheet),
        sheet_language=language,
        sheet_lang=HTML_LANG[language],
    )


@blueprint.get("/paper-logs/<month>/answers")
@needs("write_check_ins")
def type_in(month: str) -> str:
    """The month as one grid of boxes."""
    return _grid(_form(_month(month)), _month(month))


@blueprint.post("/paper-logs/<month>/answers")
@needs("write_check_ins")
@once
def save(month: str) -> Any:
    """Each filled row becomes a check-in; a sudden fall of the last days is asked about, after all is saved."""
    first, circle, now = _month(month), g.standing.circle, clock.now()
    form = _form(first, request.form)
    if not form.validate():
        return _grid(form, first), HTTPStatus.UNPROCESSABLE_ENTITY
    key = answers.given_client_id()
    rows = operations.record_month(
        circle, g.standing.account, form.rows(), device=form.device, today=_today(), now=now, client_id=key
    )
    message = ngettext("%(num)s day is saved. Thank you.", "%(num)s days are saved. Thank you.", len(rows))
    undo = answers.undo(url_for(".remove", month=month), key=key) if key else None
    sudden = next((row for row in reversed(rows) if _asks(row)), None)
    if sudden is not None:
        return answers.saved(month, url_for("checkins.safety", public_id=sudden.public_id), message, undo)
    return answers.saved(month, url_for("checkins.index", month=month, circle=circle.public_id), message, undo)


@blueprint.post("/paper-logs/<month>/answers/removal")
@needs("write_check_ins")
def remove(month: str) -> Any:
    """Undo: what was typed together goes together."""
    first = _month(month)
    with transaction():
        operations.remove_month(g.standing.circle, request.form.get("key", ""), now=clock.now())
    url = url_for(".type_in", month=f"{first:%Y-%m}", circle=g.standing.circle.public_id)
    return answers.done(url, _("Taken back. Nothing of it is kept in the log."))


@blueprint.get("/paper-logs/call")
@needs("write_check_ins")
def call() -> str:
    """What to ask on the phone today, and where to type the answers."""
    circle = g.standing.circle
    return render_template(
        "paper_logs/phone_call.html",
        circle=circle,
        infusion=next_infusion(circle, _today()),
        tasks=active_tasks(circle),
        device=current_device(circle),
        number=emergency_number(country_now(circle)),
        numbers=SHORT_LIST,
    )


def _form(first: date, data: Any = None) -> forms.MonthForm:
    circle = g.standing.circle
    return forms.form_for(queries.days_of(circle, first), today=_today(), device=current_device(circle), data=data)


def _grid(form: forms.MonthForm, first: date) -> str:
    days = queries.days_of(g.standing.circle, first)
    return render_template(
        "paper_logs/paper_log_type.html",
        form=form,
        days=[day for day in days if day.on <= _today()],
        month=first,
    )


def _asks(row: CheckIn) -> bool:
    if (_today() - row.on).days > LOOK_BACK_DAYS:
        return False
    return asks_when_it_came(row.on, earlier_ratings(row), {"left": row.left_rating, "right": row.right_rating})


def _halves(days: list[queries.PaperDay]) -> tuple[list[queries.PaperDay], list[queries.PaperDay]]:
    """Two sheets, so that the boxes are big."""
    return days[:16], days[16:]


def _month(text: str) -> date:
    """The first day of `2026-11`; anything else is no page."""
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        abort(HTTPStatus.NOT_FOUND)
    if not 2000 <= first.year <= 2200:
        abort(HTTPStatus.NOT_FOUND)
    return first


def _today() -> date:
    """Today where the patient lives."""
    return local_date(clock.now(), g.standing.circle.tz)
