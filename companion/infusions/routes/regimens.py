"""Plans: list, new, change, end."""

import hashlib
from datetime import date
from typing import Any

from flask import g, render_template, request, url_for
from flask_babel import gettext as _

from companion import answers, clock
from companion.access import needs
from companion.circles.queries import latest_weight
from companion.database import attempt
from companion.formatting import short_date
from companion.infusions import operations, queries
from companion.infusions.forms.phases import ON_DATE, TODAY, EndForm
from companion.infusions.forms.regimens import (
    ALL,
    DOSE_ALONE,
    QUICK_RHYTHMS,
    ChangedRegimenForm,
    NewRegimenForm,
    RegimenForm,
    loading_values,
    regimen_values,
    rhythm_value,
)
from companion.infusions.forms.shared import no_room_words
from companion.infusions.models import Infusion, Regimen
from companion.infusions.operations import NoRoom, RegimenHasEnded, change_sentence
from companion.infusions.routes import blueprint
from companion.infusions.routes.shared import today_here, told, undo_of
from companion.infusions.words import capital, plan_line, rhythm_words
from companion.places import zone_options
from companion.submissions import once


class _IsSoAlready(Exception):
    """The plan is what the form says: it was saved with nothing changed, or once more."""


class _ChangedMeanwhile(Exception):
    """The plan is not the one that the form was opened with."""


@blueprint.get("/regimens")
@needs("see_dates")
def regimens() -> Any:
    """The plans of the circle, running ones first."""
    circle, today = g.standing.circle, today_here()
    rows = queries.regimens_of(circle)
    weight = latest_weight(circle)
    next_of = {row.id: queries.next_of_regimen(row, today) for row in rows}
    return render_template(
        "infusions/regimen_list.html",
        rows=rows,
        next_of=next_of,
        dose_day={row.id: _dose_day(next_of[row.id], today) for row in rows},
        weight_kg=weight.weight_kg if weight else None,
        today=today,
    )


@blueprint.get("/regimens/new")
@needs("manage_dates")
def regimen_new() -> Any:
    """An empty plan. No dose is ever filled in."""
    return _page(_new_form(), None)


def _new_form(typed: Any = None) -> NewRegimenForm:
    running = [plan.public_id for plan in queries.running_regimens(g.standing.circle, today_here())]
    return NewRegimenForm(typed, data={"tz": g.standing.circle.tz}, today=today_here(), running=running)


@blueprint.post("/regimens")
@needs("manage_dates")
@once
def regimen_create() -> Any:
    """Start a plan."""
    form = _new_form(request.form)
    if not form.validate():
        return _page(form, None), 422
    old, now = _old_plan(form), clock.now()
    regimen = operations.start_regimen(
        g.standing.circle, now=now, loading=form.loading(), **form.plan("first_on"), **form.typed_dose().values()
    )
    message, undo = _saved_words(regimen, form.plan("first_on")["first_on"]), None
    if old is not None:
        change = operations.end_regimen(old, on=form.end_of_old_plan(), account=g.standing.account, now=now)
        message = change_sentence(change, of_old_plan=True)
        undo = undo_of(change)
    return answers.saved(regimen.public_id, url_for(".regimens"), message, undo)


def _saved_words(regimen: Regimen, typed_on: date) -> str:
    """That the plan is saved; what was typed far back is over, and the plan says with which date it begins."""
    begins_on = min(course.first_on for course in regimen.infusions)
    if begins_on <= typed_on:
        return str(_("The plan is saved."))
    return str(
        _(
            "The plan is saved. %(typed)s is over. The plan begins with %(first)s.",
            typed=short_date(typed_on),
            first=short_date(begins_on),
        )
    )


def _old_plan(form: NewRegimenForm) -> Regimen | None:
    """The plan that ends for the new one."""
    if form.end_of_old_plan() is None:
        return None
    running = queries.running_regimens(g.standing.circle, today_here())
    return next((plan for plan in running if plan.public_id == form.old_plan.data), None)


@blueprint.get("/regimens/<public_id>/edit")
@needs("manage_dates", row=Regimen)
def regimen_edit(regimen: Regimen) -> Any:
    """Change a plan from its next course on."""
    today = today_here()
    if regimen.has_ended(today):
        return answers.done(url_for(".regimens"), _("This plan has ended. It cannot be changed."))
    return _page(_unchanged(regimen, today), regimen)


def _unchanged(regimen: Regimen, today: date) -> ChangedRegimenForm:
    values = _as_it_is(regimen, today)
    return ChangedRegimenForm(data=values, today=today, earliest=today, of_loading=_of_loading(regimen, today))


@blueprint.post("/regimens/<public_id>")
@needs("manage_dates", row=Regimen)
@once
def regimen_update(regimen: Regimen) -> Any:
    """Save a changed plan."""
    today = today_here()
    of_loading = _of_loading(regimen, today)
    form = ChangedRegimenForm(request.form, today=today, earliest=today, of_loading=of_loading)
    if not form.validate():
        return _page(form, regimen), 422
    was_seen = request.form.get("seen") in (None, _mark(regimen, today))
    plan = form.plan("next_on") | {"dose": form.typed_dose(), "dose_from": form.dose_from()}
    if form.has_loading_dose:
        plan |= {"loading": form.loading(), "loading_dose": form.typed_loading_dose()}
    try:
        with attempt():
            change = operations.change_regimen(regimen, account=g.standing.account, now=clock.now(), **plan)
            if change.is_empty:
                raise _IsSoAlready
            if not was_seen:
                raise _ChangedMeanwhile
    except _IsSoAlready:
        return answers.done(url_for(".regimens"), _("Nothing was changed. The plan is as before."))
    except _ChangedMeanwhile:
        form.first_on.errors = [_("Someone changed this plan meanwhile. Check all of it, then save again.")]
        return _page(form, regimen), 422
    except NoRoom as refused:
        form.first_on.errors = [no_room_words(refused)]
        return _page(form, regimen), 422
    except RegimenHasEnded:
        return answers.done(url_for(".regimens"), _("This plan has ended. It cannot be changed."))
    return told(change, url_for(".regimens"))


@blueprint.post("/regimens/<public_id>/ending")
@needs("manage_dates", row=Regimen)
@once
def regimen_end(regimen: Regimen) -> Any:
    """End a plan today or on a date ahead; booked dates stay until someone says what became of them."""
    form, account = EndForm(request.form, today=today_here()), g.standing.account
    if not form.validate():
        return _page(_unchanged(regimen, today_here()), regimen, form), 422
    try:
        if form.is_over:
            change = operations.end_regimen(regimen, on=form.end_on, account=account, now=clock.now())
        else:
            change = operations.keep_regimen(regimen, account=account, now=clock.now())
    except RegimenHasEnded:
        return answers.done(url_for(".regimens"), _("This plan has ended."))
    return told(change, url_for(".regimens"))


def _dose_day(following: Infusion | None, today: date) -> date:
    """The date whose dose a plan shows: of its next infusion, else today."""
    return following.first_on if following else today


def _as_it_is(regimen: Regimen, today: date) -> dict[str, Any]:
    course = queries.next_of_regimen(regimen, today)
    dose = regimen.dose_on(_dose_day(course, today))
    values = regimen_values(regimen, dose, course.first_on if course else None, course.certainty if course else "")
    if regimen.loading_offsets is None:
        return values
    after_days = queries.maintenance_after(course) if course and course.is_loading else None
    return values | loading_values(regimen.loading_offsets, regimen.loading_dose, after_days)


def _of_loading(regimen: Regimen, today: date) -> str | None:
    """What of its loading course can change: all while that is the next one, then only what its dose was."""
    if regimen.loading_offsets is None:
        return None
    course = queries.next_of_regimen(regimen, today)
    return ALL if course and course.is_loading else DOSE_ALONE


def _mark(regimen: Regimen, today: date) -> str:
    """A mark of the plan as it is, so that a form tells when somebody changed it after the form was opened."""
    values = _as_it_is(regimen, today)
    return hashlib.sha256(repr(sorted(values.items())).encode()).hexdigest()[:16]


def _shows_loading(form: RegimenForm) -> bool:
    return isinstance(form, NewRegimenForm | ChangedRegimenForm) and form.has_loading


def _end_as_it_is(regimen: Regimen) -> EndForm:
    ends = ON_DATE if regimen.ended_on else TODAY
    return EndForm(data={"ends": ends, "ends_on": regimen.ended_on}, today=today_here())


def _page(form: RegimenForm, regimen: Regimen | None, ending: EndForm | None = None) -> str:
    running = queries.running_regimens(g.standing.circle, today_here()) if regimen is None else []
    return render_template(
        "infusions/regimen_edit.html",
        form=form,
        regimen=regimen,
        seen=_mark(regimen, today_here()) if regimen else "",
        rhythms=[(rhythm_value(*each), capital(rhythm_words(*each))) for each in QUICK_RHYTHMS],
        zones=zone_options(),
        open_more=regimen is not None or any(form.error(name) for name in form.MORE),
        open_loading=_shows_loading(form),
        ending=ending or (_end_as_it_is(regimen) if regimen else None),
        open_ending=ending is not None,
        running=running,
        old_plans=[(row.public_id, plan_line(row, today_here())) for row in running],
        today=today_here(),
    )
