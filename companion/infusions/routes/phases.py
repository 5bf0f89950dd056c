"""What happens to a whole plan: all later dates shift, a pause, going on after it."""

from typing import Any

from flask import g, render_template, request, url_for
from flask_babel import gettext as _

from companion import answers, clock
from companion.access import needs
from companion.database import transaction
from companion.formatting import short_date
from companion.infusions import operations, queries
from companion.infusions.forms.phases import PauseForm, ResumeForm, ShiftForm, shift_refused_words
from companion.infusions.forms.shared import no_room_words
from companion.infusions.models import Infusion, Regimen
from companion.infusions.operations import (
    AlreadyPaused,
    DateIsOver,
    DateIsPaused,
    LoadingComesFirst,
    NoRoom,
    NothingToShift,
    NotPaused,
    RegimenHasEnded,
)
from companion.infusions.routes import blueprint
from companion.infusions.routes.shared import page_of, refuse_cancelled, today_here, told
from companion.infusions.words import pause_span_words
from companion.submissions import once

SHOWN = 3


@blueprint.get("/infusions/<public_id>/shift")
@needs("manage_dates", row=Infusion)
def shift(infusion: Infusion) -> Any:
    """Move this expected infusion and all after it by the same number of days."""
    refuse_cancelled(infusion)
    return _shift_page(infusion, ShiftForm())


@blueprint.post("/infusions/<public_id>/shift")
@needs("manage_dates", row=Infusion)
@once
def shift_save(infusion: Infusion) -> Any:
    """Save the shift; booked ones, answered ones and single exceptions stay."""
    refuse_cancelled(infusion)
    return _shift(infusion)


@blueprint.get("/regimens/<public_id>/shift")
@needs("manage_dates", row=Regimen)
def regimen_shift(regimen: Regimen) -> Any:
    """Move all later expected infusions of a plan by the same number of days."""
    return _shift_page(regimen, ShiftForm())


@blueprint.post("/regimens/<public_id>/shift")
@needs("manage_dates", row=Regimen)
@once
def regimen_shift_save(regimen: Regimen) -> Any:
    """Save the shift of a plan."""
    return _shift(regimen)


@blueprint.get("/regimens/<public_id>/pause")
@needs("manage_dates", row=Regimen)
def regimen_pause(regimen: Regimen) -> Any:
    """From when to when does the plan rest?"""
    today = today_here()
    if regimen.has_ended(today):
        return _over()
    return _pause_page(regimen, PauseForm(data={"from_on": today}, today=today))


@blueprint.post("/regimens/<public_id>/pause")
@needs("manage_dates", row=Regimen)
@once
def regimen_pause_save(regimen: Regimen) -> Any:
    """Pause a plan: nothing is expected in it, booked dates stay."""
    form = PauseForm(request.form, today=today_here())
    if not form.validate():
        return _pause_page(regimen, form), 422
    try:
        with transaction():
            change = operations.pause_regimen(regimen, account=g.standing.account, now=clock.now(), **form.pause())
    except AlreadyPaused as refused:
        form.from_on.errors = [_("%(pause)s already. Choose other days.", pause=pause_span_words(refused.pause))]
        return _pause_page(regimen, form), 422
    except RegimenHasEnded:
        return _over()
    return told(change, url_for(".regimens"))


@blueprint.get("/regimens/<public_id>/resumption")
@needs("manage_dates", row=Regimen)
def regimen_resume(regimen: Regimen) -> Any:
    """When is the next infusion after the pause?"""
    today = today_here()
    if regimen.pause_from(today) is None or regimen.has_ended(today):
        return answers.done(url_for(".regimens"), _("This plan is not paused."))
    return _resume_page(regimen, ResumeForm(today=today))


@blueprint.post("/regimens/<public_id>/resumption")
@needs("manage_dates", row=Regimen)
@once
def regimen_resume_save(regimen: Regimen) -> Any:
    """Let a plan go on from its next infusion."""
    form = ResumeForm(request.form, today=today_here())
    if not form.validate():
        return _resume_page(regimen, form), 422
    try:
        with transaction():
            change = operations.resume_regimen(
                regimen, account=g.standing.account, now=clock.now(), **form.going_on()
            )
    except NoRoom as refused:
        form.next_on.errors = [no_room_words(refused)]
        return _resume_page(regimen, form), 422
    except LoadingComesFirst as refused:
        on = short_date(refused.on)
        form.next_on.errors = [_("The loading course on %(date)s comes first. Choose a later day.", date=on)]
        return _resume_page(regimen, form), 422
    except (NotPaused, RegimenHasEnded):
        return answers.done(url_for(".regimens"), _("This plan is not paused."))
    return told(change, url_for(".regimens"))


def _shift(of: Infusion | Regimen) -> Any:
    form = ShiftForm(request.form)
    if not form.validate():
        return _shift_page(of, form), 422
    try:
        with transaction():
            change = operations.shift_expected(of, by_days=form.by_days, account=g.standing.account, now=clock.now())
    except (NoRoom, DateIsOver, DateIsPaused) as refused:
        form.days.errors = [shift_refused_words(refused)]
        return _shift_page(of, form), 422
    except NothingToShift:
        return answers.done(_back(of), _("No later date is expected, so nothing was moved."))
    except RegimenHasEnded:
        return _over()
    return told(change, _back(of))


def _shift_page(of: Infusion | Regimen, form: ShiftForm) -> Any:
    today = today_here()
    regimen = of if isinstance(of, Regimen) else of.regimen
    if regimen is None or regimen.has_ended(today):
        return _over()
    moving = queries.expected_from(of, today)
    if not moving:
        return answers.done(_back(of), _("No later date is expected, so nothing was moved."))
    return render_template(
        "infusions/plan_shift.html",
        form=form,
        action=request.path,
        dates=[course.first_on for course in moving[:SHOWN]],
        more=len(moving) - SHOWN,
        back=(_back(of), _back_word(of)),
    )


def _pause_page(regimen: Regimen, form: PauseForm) -> str:
    return render_template("infusions/plan_pause.html", regimen=regimen, form=form)


def _resume_page(regimen: Regimen, form: ResumeForm) -> str:
    pause = regimen.pause_from(today_here())
    return render_template("infusions/plan_resume.html", regimen=regimen, form=form, pause=pause)


def _back(of: Infusion | Regimen) -> str:
    return page_of(of) if isinstance(of, Infusion) else url_for(".regimens")


def _back_word(of: Infusion | Regimen) -> str:
    return str(_("Infusion")) if isinstance(of, Infusion) else str(_("Plans"))


def _over() -> Any:
    return answers.done(url_for(".regimens"), _("This plan has ended. It cannot be changed."))
