"""The steps of a day: shown, ticked, taken back; the circle's own list; and the places that are one's own."""

from http import HTTPStatus
from typing import Any

from flask import g, render_template, request, url_for
from flask_babel import gettext as _

from companion import answers, clock
from companion.access import needs
from companion.database import transaction
from companion.domain.sites import SKIN_SITES
from companion.infusions import given_words, operations, queries
from companion.infusions.forms.steps import StepListForm
from companion.infusions.models import DayStep, InfusionDay, StepList
from companion.infusions.operations import StepsChanged
from companion.infusions.routes import blueprint
from companion.infusions.routes.shared import refuse_cancelled
from companion.submissions import once


@blueprint.get("/infusion-days/<public_id>/steps")
@needs("answer", row=InfusionDay)
def day_steps(day: InfusionDay) -> Any:
    """The steps of a day with who ticked them."""
    refuse_cancelled(day)
    lines = operations.steps_for(day)
    rows = [(line, day.steps[number] if day.steps else None) for number, line in enumerate(lines)]
    return render_template("infusions/steps_show.html", day=day, rows=rows, seen=operations.day_mark(lines))


@blueprint.post("/infusion-days/<public_id>/ticks")
@needs("answer", row=InfusionDay)
@once
def tick_step(day: InfusionDay) -> Any:
    """Tick one step; the first tick counts and stays."""
    refuse_cancelled(day)
    url, number = url_for(".day_steps", public_id=day.public_id), request.form.get("number", "")
    seen = request.form.get("seen", "")
    try:
        step = operations.tick_step(
            day,
            int(number) if number.isdecimal() and len(number) < 4 else 0,
            seen=seen,
            account=g.standing.account,
            now=clock.now(),
        )
    except StepsChanged:
        return answers.done(url, _("The list was changed meanwhile. Please look again."))
    undo = answers.undo(url_for(".untick_step", public_id=step.public_id))
    return answers.saved(step.public_id, _at(step), _("Ticked: %(step)s", step=step.text), undo)


@blueprint.post("/day-steps/<public_id>/untick")
@needs("answer", row=DayStep)
def untick_step(step: DayStep) -> Any:
    """Take a tick back."""
    url = _at(step)
    with transaction():
        operations.untick_step(step)
    return answers.done(url, _("The tick is taken back."))


def _at(step: DayStep) -> str:
    """The list at this step, so that nobody has to look for the place again."""
    return url_for(".day_steps", public_id=step.day.public_id, _anchor=f"step-{step.number}")


@blueprint.get("/infusion-steps")
@needs("manage_dates")
def step_list() -> Any:
    """The lists of the circle, to write."""
    steps = queries.step_list_of(g.standing.circle)
    values = {"vein": steps.vein, "skin": steps.skin} if steps else {}
    return _list_page(StepListForm(data=values), operations.steps_mark(values.get("vein"), values.get("skin")))


@blueprint.post("/infusion-steps")
@needs("manage_dates")
@once
def save_step_list() -> Any:
    """Save both lists, unless somebody else did meanwhile."""
    form, seen = StepListForm(request.form), request.form.get("seen", "")
    if not form.validate():
        return _list_page(form, seen), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        steps = operations.save_step_list(
            g.standing.circle, vein=form.vein.data, skin=form.skin.data, seen=seen, now=clock.now()
        )
    except StepsChanged:
        known = queries.step_list_of(g.standing.circle)
        mark = operations.steps_mark(known.vein, known.skin) if known else operations.steps_mark(None, None)
        return _list_page(form, mark, known), HTTPStatus.UNPROCESSABLE_ENTITY
    undo = answers.undo(url_for(".undo_step_list", public_id=steps.public_id))
    return answers.saved(steps.public_id, url_for(".step_list"), _("The steps are saved."), undo)


@blueprint.post("/step-lists/<public_id>/undo")
@needs("manage_dates", row=StepList)
def undo_step_list(steps: StepList) -> Any:
    """Put the lists back as they were before the last save."""
    url = url_for(".step_list")
    try:
        with transaction():
            operations.undo_step_list(steps, now=clock.now())
    except StepsChanged:
        return answers.done(url, _("This cannot be undone: the list was changed again since."))
    return answers.done(url, _("Undone. The list is as before."))


@blueprint.get("/infusion-sites")
@needs("manage_dates")
def own_sites() -> Any:
    """Which places under the skin are one's own."""
    picked = queries.picked_sites(g.standing.circle)
    return render_template("infusions/sites_edit.html", picked=picked, sites=SKIN_SITES, words=given_words.SKIN_WORDS)


@blueprint.post("/infusion-sites")
@needs("manage_dates")
def pick_sites() -> Any:
    """Save one's own places; an Undo sends those before, in one field."""
    wanted = request.form.getlist("sites") + request.form.get("before", "").split()
    with transaction():
        before = operations.pick_sites(g.standing.circle, frozenset(wanted) & set(SKIN_SITES))
    url = url_for(".own_sites")
    return answers.done(url, _("Your places are saved."), answers.undo(url, before=" ".join(sorted(before))))


def _list_page(form: StepListForm, seen: str, changed: StepList | None = None) -> str:
    return render_template("infusions/steps_edit.html", form=form, seen=seen, changed=changed)
