"""Pages of a check-in: record, repeat, see, change, delete; the safety question; what is tracked."""

from datetime import date, timedelta
from typing import Any

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _

from companion import answers, clock
from companion.access import ask_to_confirm, needs, stays_open
from companion.accounts.queries import LIMITED, LOCKED
from companion.checkins import forms, operations, queries
from companion.checkins.models import PHONE, CheckIn
from companion.checkins.routes import blueprint
from companion.checkins.routes.shared import (
    after_saving,
    asks_safety,
    changed_meanwhile,
    deleted_meanwhile,
    form_of,
    local_today,
    page_of,
    refuse_deleted,
)
from companion.checkins.version_words import Difference, differences
from companion.circles.queries import contacts_of
from companion.database import transaction
from companion.domain.hand_function import changed_movements
from companion.extensions import db
from companion.submissions import entered_now, once

UNDO_LIFE = timedelta(minutes=10)


@blueprint.get("/check-ins")
@needs("see_check_ins")
def index() -> Any:
    """The check-ins of one month, newest first."""
    today = local_today(clock.now())
    month = _month(request.args.get("month"), today)
    last = _next_month(month) - timedelta(days=1)
    rows = queries.check_ins_between(g.standing.circle, month, last)
    span = queries.months_with_check_ins(g.standing.circle)
    return render_template(
        "checkins/check_in_list.html",
        rows=rows,
        month=month,
        earlier=(month - timedelta(days=1)).replace(day=1) if span and span[0] < month else None,
        later=_next_month(month) if _next_month(month) <= today else None,
        device=queries.current_device(g.standing.circle),
    )


def _month(text: str | None, today: date) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return today.replace(day=1)


def _next_month(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


@blueprint.get("/check-ins/new")
@stays_open(LOCKED, LIMITED)
@needs("write_check_ins")
def new() -> Any:
    """An empty check-in."""
    return page_of(form_of(), row=None)


@blueprint.post("/check-ins")
@stays_open(LOCKED, LIMITED)
@needs("write_check_ins")
@once
def create() -> Any:
    """Record a check-in."""
    now, form = clock.now(), form_of(data=request.form)
    if not form.validate():
        return page_of(form, row=None), 422
    row = operations.record_check_in(
        g.standing.circle,
        g.standing.account,
        form.answers(),
        moment=form.moment(entered_now()),
        device=form.device,
        now=now,
        client_id=answers.given_client_id(),
        told_by=PHONE if request.form.get("told_by") == PHONE else None,
    )
    return after_saving(row)


@blueprint.post("/check-ins/repetition")
@needs("write_check_ins")
@once
def repeat() -> Any:
    """ "Same as last time": ratings only."""
    now = clock.now()
    entered = entered_now()
    moment = operations.Moment(entered, g.standing.tz, local_today(entered))
    try:
        row = operations.repeat_check_in(g.standing.circle, g.standing.account, moment=moment, now=now)
    except operations.NothingToRepeat:
        return answers.done(url_for(".new"), _("There is no earlier check-in yet. Please answer once."))
    return after_saving(row)


@blueprint.get("/check-ins/<public_id>")
@needs("see_check_ins", row=CheckIn)
def show(row: CheckIn) -> Any:
    """One check-in."""
    refuse_deleted(row)
    before = queries.movements_before(row) if row.movements else None
    return render_template("checkins/check_in_show.html", row=row, before=before, changed=_changed(before, row))


def _changed(before: CheckIn | None, row: CheckIn) -> list[str]:
    """Movements that are another way than in the movement check before."""
    if before is None:
        return []
    then, now = ([(one.item, one.side, one.answer) for one in some.movements] for some in (before, row))
    return changed_movements(then, now)


@blueprint.get("/check-ins/<public_id>/edit")
@needs("write_check_ins", row=CheckIn)
def edit(row: CheckIn) -> Any:
    """Change a check-in."""
    refuse_deleted(row)
    return page_of(form_of(row=row), row=row)


@blueprint.post("/check-ins/<public_id>")
@needs("write_check_ins", row=CheckIn)
@once
def update(row: CheckIn) -> Any:
    """Save a changed check-in, also one that a phone kept until now: nobody else's change is lost by it."""
    form = form_of(data=request.form, row=row)
    if not form.validate():
        return page_of(form, row=row), 422
    db.session.refresh(row, with_for_update=True)
    if row.deleted_at is not None and "bring_back" not in request.form:
        return deleted_meanwhile(form, row)
    meanwhile = _saved_meanwhile(row, form)
    if meanwhile:
        return changed_meanwhile(form, row, meanwhile)
    operations.bring_back_check_in(row)
    operations.change_check_in(
        row,
        form.answers(),
        moment=form.moment(entered_now(), row),
        device=form.device,
        keep_note=not _asks_note(),
        parts=form.part.data or frozenset(),
        now=clock.now(),
    )
    url = ".safety" if asks_safety(row) else ".show"
    return answers.saved(row.public_id, url_for(url, public_id=row.public_id), _("Saved"))


def _asks_note() -> bool:
    """Whether this form had a note, and its sender may see it; a phone keeps no notes, so its form has none."""
    return "note" in request.form and g.standing.can("see_notes")


def _saved_meanwhile(row: CheckIn, form: forms.CheckInForm) -> list[Difference]:
    """Where another device saved something else since this form was opened; a page of before names none."""
    if request.form.get("made_from", row.version) == row.version:
        return []
    return differences(form_of(row=row), form, with_note=_asks_note())


@blueprint.post("/check-ins/<public_id>/deletion")
@stays_open(LOCKED, LIMITED)
@needs("write_check_ins", row=CheckIn)
def delete(row: CheckIn) -> Any:
    """Take a check-in away, with Undo. While the pages are closed only what was just saved can go."""
    if g.closed and not _just_entered(row):
        return ask_to_confirm(g.closed)
    with transaction():
        operations.remove_check_in(row, now=clock.now())
    if g.closed:
        return answers.done(url_for("today.show"), _("The check-in is deleted."))
    undo = answers.undo(url_for(".restore", public_id=row.public_id))
    return answers.done(url_for(".index", month=f"{row.on:%Y-%m}"), _("The check-in is deleted."), undo)


def _just_entered(row: CheckIn) -> bool:
    return row.account_id == g.account.id and clock.now() - row.created_at <= UNDO_LIFE


@blueprint.post("/check-ins/<public_id>/restoration")
@needs("write_check_ins", row=CheckIn)
def restore(row: CheckIn) -> Any:
    """Bring a deleted check-in back."""
    with transaction():
        operations.bring_back_check_in(row)
    return answers.done(url_for(".show", public_id=row.public_id), _("The check-in is back."))


@blueprint.get("/check-ins/<public_id>/safety")
@stays_open(LOCKED, LIMITED)
@needs("write_check_ins", row=CheckIn)
def safety(row: CheckIn) -> Any:
    """One calm question after a sudden fall or something new; everything is saved already."""
    return render_template("checkins/check_in_safety.html", row=row)


@blueprint.post("/check-ins/<public_id>/safety")
@stays_open(LOCKED, LIMITED)
@needs("write_check_ins", row=CheckIn)
def answer_safety(row: CheckIn) -> Any:
    """Yes leads to the emergency page; no offers the neurologist's number."""
    if request.form.get("suddenly") not in ("yes", "no"):
        return render_template("checkins/check_in_safety.html", row=row, unanswered=True), 422
    suddenly = request.form["suddenly"] == "yes"
    with transaction():
        operations.answer_when_it_came(row, suddenly=suddenly)
    if suddenly:
        return redirect(url_for("learn.emergency"), 303)
    return redirect(url_for(".safety_contacts", public_id=row.public_id), 303)


@blueprint.get("/check-ins/<public_id>/safety/contacts")
@stays_open(LOCKED, LIMITED)
@needs("write_check_ins", row=CheckIn)
def safety_contacts(row: CheckIn) -> Any:
    """Whom to call when it did not come suddenly."""
    contacts = contacts_of(g.standing.circle)
    people = [contacts[kind] for kind in ("neurologist", "clinic") if kind in contacts and contacts[kind].phone]
    return render_template("checkins/check_in_contacts.html", row=row, people=people)


@blueprint.get("/check-ins/tracking")
@needs("write_check_ins")
def tracking() -> Any:
    """What is tracked: a grip meter or none, everyday tasks."""
    circle = g.standing.circle
    device, tasks = queries.current_device(circle), queries.active_tasks(circle)
    own = [task.words for task in tasks if task.key is None]
    form = forms.TrackingForm(
        data={
            "has_grip_meter": {True: "yes", False: "no"}.get(circle.has_grip_meter),
            "unit": device.unit if device else circle.force_unit,
            "device_name": device.name if device else None,
            "tries": str(circle.grip_tries),
            "tasks": frozenset(task.key for task in tasks if task.key),
            "own_task": own[0] if own else None,
            "rhythm": circle.check_in_rhythm,
            "parts": circle.check_in_parts,
        }
    )
    return render_template("checkins/tracking_edit.html", form=form)


@blueprint.post("/check-ins/tracking")
@needs("write_check_ins")
def save_tracking() -> Any:
    """Save what is tracked."""
    form = forms.TrackingForm(request.form)
    if not form.validate():
        return render_template("checkins/tracking_edit.html", form=form), 422
    circle, today = g.standing.circle, local_today(clock.now())
    with transaction():
        circle.has_grip_meter = form.has_grip_meter.data == "yes"
        circle.grip_tries = int(form.tries.data or 1)
        if circle.has_grip_meter:
            name = form.device_name.data or _("Grip meter")
            operations.use_device(circle, name=name, unit=form.unit.data or "kg", on=today)
        parts = form.parts.data if form.has_parts.data else circle.check_in_parts
        operations.choose_rhythm(circle, rhythm=form.rhythm.data or circle.check_in_rhythm, parts=parts)
        operations.watch_tasks(circle, form.task_keys, form.own_task.data, on=today)
    return answers.done(url_for("today.show"), _("Saved. Check-ins now ask for this."))
