"""Pages of check-ins."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask_babel import gettext as _

from companion import answers, clock
from companion.access import needs
from companion.checkins import forms, operations, queries
from companion.checkins.models import PHONE, SYMPTOMS, TASK_KEYS, CheckIn
from companion.circles.queries import contacts_of
from companion.database import transaction
from companion.domain.measurements import UNIT_KINDS
from companion.domain.safety import asks_when_it_came
from companion.submissions import entered_now, once

blueprint = Blueprint("checkins", __name__)

WORDS = {
    "hands": forms.HAND_WORDS,
    "ratings": forms.RATING_WORDS,
    "symptom_words": forms.SYMPTOM_WORDS,
    "symptoms": SYMPTOMS,
    "answer_words": forms.ANSWER_WORDS,
    "task_words": forms.task_words,
    "task_key_words": forms.TASK_WORDS,
    "task_keys": TASK_KEYS,
    "units": tuple(UNIT_KINDS),
}


@blueprint.app_context_processor
def words() -> dict[str, Any]:
    """Words that other pages show too, under one name."""
    return {"check_in_words": WORDS}


def local_today(now: datetime) -> date:
    """Today where the check-in is made."""
    return now.astimezone(ZoneInfo(g.standing.tz)).date()


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
@needs("write_check_ins")
def new() -> Any:
    """An empty check-in."""
    return _page(_form(), row=None)


@blueprint.post("/check-ins")
@needs("write_check_ins")
@once
def create() -> Any:
    """Record a check-in."""
    now, form = clock.now(), _form(data=request.form)
    if not form.validate():
        return _page(form, row=None), 422
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
    return _after_saving(row)


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
    return _after_saving(row)


def _after_saving(row: CheckIn) -> Any:
    """Today with Undo; the safety question first where it is due (D24), after everything is saved."""
    undo = answers.undo(url_for(".delete", public_id=row.public_id))
    if _asks(row):
        return answers.saved(row.public_id, url_for(".safety", public_id=row.public_id), _("Saved"), undo)
    return answers.saved(row.public_id, url_for("today.show"), _("Saved. Thank you."), undo)


def _asks(row: CheckIn) -> bool:
    ratings = {"left": row.left_rating, "right": row.right_rating}
    return asks_when_it_came(row.on, queries.earlier_ratings(row), ratings, "something_new" in row.symptoms)


@blueprint.get("/check-ins/<public_id>")
@needs("see_check_ins", row=CheckIn)
def show(row: CheckIn) -> Any:
    """One check-in."""
    _not_deleted(row)
    return render_template("checkins/check_in_show.html", row=row)


@blueprint.get("/check-ins/<public_id>/edit")
@needs("write_check_ins", row=CheckIn)
def edit(row: CheckIn) -> Any:
    """Change a check-in."""
    _not_deleted(row)
    return _page(_form(row=row), row=row)


@blueprint.post("/check-ins/<public_id>")
@needs("write_check_ins", row=CheckIn)
def update(row: CheckIn) -> Any:
    """Save a changed check-in."""
    _not_deleted(row)
    now, form = clock.now(), _form(data=request.form, row=row)
    if not form.validate():
        return _page(form, row=row), 422
    with transaction():
        operations.change_check_in(
            row,
            form.answers(),
            moment=form.moment(now, row),
            device=form.device,
            keep_note=not g.standing.can("see_notes"),
            now=now,
        )
    url = ".safety" if _asks(row) else ".show"
    return answers.done(url_for(url, public_id=row.public_id), _("Saved"))


@blueprint.post("/check-ins/<public_id>/deletion")
@needs("write_check_ins", row=CheckIn)
def delete(row: CheckIn) -> Any:
    """Take a check-in away, with Undo."""
    with transaction():
        operations.remove_check_in(row, now=clock.now())
    undo = answers.undo(url_for(".restore", public_id=row.public_id))
    return answers.done(url_for(".index", month=f"{row.on:%Y-%m}"), _("The check-in is deleted."), undo)


@blueprint.post("/check-ins/<public_id>/restoration")
@needs("write_check_ins", row=CheckIn)
def restore(row: CheckIn) -> Any:
    """Bring a deleted check-in back."""
    with transaction():
        operations.bring_back_check_in(row)
    return answers.done(url_for(".show", public_id=row.public_id), _("The check-in is back."))


@blueprint.get("/check-ins/<public_id>/safety")
@needs("write_check_ins", row=CheckIn)
def safety(row: CheckIn) -> Any:
    """One calm question after a sudden fall or something new; everything is saved already."""
    return render_template("checkins/check_in_safety.html", row=row)


@blueprint.post("/check-ins/<public_id>/safety")
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
        operations.watch_tasks(circle, form.task_keys, form.own_task.data, on=today)
    return answers.done(url_for("today.show"), _("Saved. Check-ins now ask for this."))


def _not_deleted(row: CheckIn) -> None:
    if row.deleted_at is not None:
        abort(404)


def _form(data: Any = None, row: CheckIn | None = None) -> forms.CheckInForm:
    circle, today = g.standing.circle, local_today(entered_now())
    measured = [m for m in row.measurements if m.device] if row else []
    device = measured[0].device if measured else queries.current_device(circle)
    asks_grip = bool(measured) or circle.has_grip_meter
    tasks = queries.active_tasks(circle)
    if row is not None:
        tasks += [a.marker_task for a in row.task_answers]
    return forms.form_for(
        device=device if asks_grip else None,
        tasks=list(dict.fromkeys(tasks)),
        tries=max(circle.grip_tries, forms.tries_in(row) if row else 1),
        today=today,
        tz=g.standing.tz,
        data=data,
        **(forms.values_of(row, today) if row else {}),
    )


def _page(form: forms.CheckInForm, row: CheckIn | None) -> str:
    last = (
        queries.last_grip(g.standing.circle, form.device) if form.device and g.standing.can("see_check_ins") else {}
    )
    return render_template("checkins/check_in_edit.html", form=form, row=row, last=last)
