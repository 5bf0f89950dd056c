"""Pages of visits: the list, one visit, planning and changing it, and what became of it."""

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, abort, g, render_template, request, url_for
from flask_babel import gettext as _

from companion import answers, clock
from companion.access import needs
from companion.circles.queries import contacts_of
from companion.database import transaction
from companion.formatting import local_date, short_date
from companion.places import zone_options
from companion.submissions import once
from companion.visits import operations, queries, words
from companion.visits.forms import (
    LATER,
    ONCE,
    QUICK_REPEATS,
    MoveForm,
    VisitForm,
    move_values,
    repeat_value,
    visit_values,
)
from companion.visits.models import KINDS, OTHER, Visit, VisitChange
from companion.visits.operations import ChangeCannotBeUndone, VisitAlreadyAnswered, VisitIsAhead

blueprint = Blueprint("visits", __name__)
SHOWN_AHEAD, SHOWN_PAST, SHOWN_OF_SERIES = 6, 20, 3
MORE_FIELDS = ("length", "repeat", "every_count", "place", "phone", "bring", "questions", "note", "tz")


CONTACTS = {"neurologist": "neurologist", "insurer_call": "insurer"}
"""Whose number of the circle is called for a visit without a number of its own."""


@blueprint.app_context_processor
def visit_words() -> dict[str, Any]:
    """Words that other pages show too, under one name."""
    return {"visit_words": words}


@blueprint.get("/visits")
@needs("see_dates")
def index() -> Any:
    """Visits to come, those that nobody has spoken for, past and cancelled ones (`?all=1`: every one)."""
    circle, today = g.standing.circle, _today()
    limit = None if request.args.get("all") == "1" else SHOWN_PAST
    upcoming, past = queries.upcoming_visits(circle, today), queries.past_visits(circle, limit)
    return render_template(
        "visits/visit_list.html",
        today=today,
        soon=upcoming[:SHOWN_AHEAD],
        later=upcoming[SHOWN_AHEAD:],
        unanswered=queries.unanswered_visits(circle, today),
        past=past,
        cancelled=queries.cancelled_visits(circle, limit),
        is_cut=limit is not None and len(past) == limit,
    )


@blueprint.get("/visits/new")
@needs("manage_dates")
def new() -> Any:
    """An empty visit, of the kind that the address names."""
    kind, tz = request.args.get("kind"), g.standing.circle.tz
    return _edit_page(VisitForm(data={"kind": kind if kind in KINDS else None, "tz": tz}, today=_today()), None)


@blueprint.post("/visits")
@needs("manage_dates")
@once
def create() -> Any:
    """Plan a visit, once or again and again."""
    form = _typed_visit(g.standing.circle.tz)
    if not form.validate():
        return _edit_page(form, None), 422
    details = form.details(g.standing.can("see_notes"))
    visit = operations.add_visit(g.standing.circle, repeat=form.every(), now=clock.now(), **details)
    undo = answers.undo(url_for(".take_back", public_id=visit.public_id))
    message = _("Saved: %(what)s on %(date)s.", what=words.visit_title(visit), date=short_date(visit.planned_on))
    return answers.saved(visit.public_id, page_of(visit), message, undo)


@blueprint.post("/visits/<public_id>/addition/undo")
@needs("manage_dates", row=Visit)
def take_back(visit: Visit) -> Any:
    """Undo of a new visit: it is not planned, and no list shows it."""
    try:
        with transaction():
            if not visit.is_dropped:  # a second tap finds it gone
                operations.take_back_visit(visit, account=g.standing.account, now=clock.now())
    except ChangeCannotBeUndone:
        return answers.done(page_of(visit), _("This cannot be undone: the dates were changed again since."))
    return answers.done(url_for(".index"), _("Undone. It is not planned."))


@blueprint.get("/visits/<public_id>")
@needs("see_dates", row=Visit)
def show(visit: Visit) -> Any:
    """One visit, and the question that is due."""
    today = _today()
    state = visit.state_on(today)
    return render_template(
        "visits/visit_show.html",
        visit=visit,
        today=today,
        state=state,
        is_due=state in ("today", "unknown"),
        next_ones=queries.visits_after(visit, SHOWN_OF_SERIES),
        contact=contacts_of(g.standing.circle).get(CONTACTS.get(visit.kind, "")),
    )


@blueprint.get("/visits/<public_id>/edit")
@needs("manage_dates", row=Visit)
def edit(visit: Visit) -> Any:
    """Change a visit, or with it the later ones of its series."""
    if visit.is_cancelled:
        return _already(visit)
    return _edit_page(VisitForm(data=visit_values(visit, g.standing.can("see_notes")), today=_today()), visit)


@blueprint.post("/visits/<public_id>")
@needs("manage_dates", row=Visit)
def update(visit: Visit) -> Any:
    """Save a changed visit."""
    form = _typed_visit(visit.tz)
    if not form.validate():
        return _edit_page(form, visit), 422
    if request.form.get("seen") not in (None, _mark(visit)):
        form.planned_on.errors = [_("Someone changed this visit meanwhile. Check all of it, then save again.")]
        return _edit_page(form, visit), 422
    if _asks_for_another_rhythm(visit, form) and not form.with_later:
        form.scope.errors = [_("How often it comes is the same for all. Choose this one and the later ones.")]
        return _edit_page(form, visit), 422
    details = form.details(g.standing.can("see_notes"))
    return _change(visit, later=form.with_later, repeat=form.every(), **details)


@blueprint.get("/visits/<public_id>/move")
@needs("manage_dates", row=Visit)
def move(visit: Visit) -> Any:
    """Another date or time."""
    if visit.is_cancelled:
        return _already(visit)
    return _move_page(MoveForm(data=move_values(visit), today=_today()), visit)


@blueprint.post("/visits/<public_id>/move")
@needs("manage_dates", row=Visit)
@once
def record_move(visit: Visit) -> Any:
    """Move a visit; of a series also the later ones where that was chosen."""
    form = MoveForm(request.form, today=_today())
    if form.validate() and form.timing() == {"planned_on": visit.planned_on, "local_time": visit.local_time}:
        form.planned_on.errors = [_("This is the date it has now. Choose another day or time.")]
    if form.errors or form.planned_on.errors:
        return _move_page(form, visit), 422
    return _change(visit, later=form.with_later, **form.timing())


@blueprint.post("/visits/<public_id>/completion")
@needs("answer", row=Visit)
@once
def complete(visit: Visit) -> Any:
    """Say that a visit took place."""
    try:
        return _write(visit, operations.record_visit_done, _("Saved: it took place."))
    except VisitIsAhead:
        return answers.done(page_of(visit), _("This day is still to come."))


@blueprint.get("/visits/<public_id>/cancellation")
@needs("manage_dates", row=Visit)
def cancellation(visit: Visit) -> Any:
    """This one only, or this and the later ones?"""
    if visit.is_cancelled:
        return _already(visit)
    return render_template("visits/visit_cancel.html", visit=visit, later=queries.visits_after(visit))


@blueprint.post("/visits/<public_id>/cancellation")
@needs("manage_dates", row=Visit)
@once
def cancel(visit: Visit) -> Any:
    """Say that a visit will not take place; with `scope=later` its series ends."""
    later = request.form.get("scope") == LATER
    message = _("This visit and the later ones are cancelled.") if later and visit.series_id else _("Cancelled.")
    return _write(visit, operations.cancel_visit, message, later=later)


@blueprint.post("/visits/<public_id>/ending")
@needs("manage_dates", row=Visit)
def end(visit: Visit) -> Any:
    """Let no visit come after this one."""
    return _write(visit, operations.end_series, _("No more visits come after this one."))


@blueprint.post("/visits/<public_id>/reopening")
@needs("manage_dates", row=Visit)
def reopen(visit: Visit) -> Any:
    """Plan a visit again that was done or cancelled."""
    return _write(visit, operations.reopen_visit, _("Planned again."))


@blueprint.post("/visit-changes/<public_id>/undo")
@needs("answer", row=VisitChange)
def undo_change(change: VisitChange) -> Any:
    """Take one change back."""
    if change.verb != "done" and not g.standing.can("manage_dates"):
        abort(403)
    try:
        with transaction():
            operations.undo_change(change, now=clock.now())
    except ChangeCannotBeUndone:
        return answers.done(page_of(change.visit), _("This cannot be undone: the dates were changed again since."))
    return answers.done(page_of(change.visit), _("Undone. All dates are as before."))


def page_of(visit: Visit) -> str:
    """The address of a visit."""
    return url_for("visits.show", public_id=visit.public_id)


def _today() -> date:
    """Today in the circle's home zone."""
    return local_date(clock.now(), g.standing.circle.tz)


def _typed_visit(tz: str) -> VisitForm:
    """The form as sent; a page without the folded fields still has a zone."""
    form = VisitForm(request.form, today=_today())
    form.tz.data = form.tz.data or tz
    form.repeat.data = form.repeat.data or ONCE
    return form


def _change(visit: Visit, **values: Any) -> Any:
    return _write(visit, operations.change_visit, None, **values)


def _asks_for_another_rhythm(visit: Visit, form: VisitForm) -> bool:
    """Whether the form gives a series that goes on another rhythm."""
    series, every = visit.series, form.every()
    return series is not None and not series.ended_on and every not in (None, operations.repeat_of(series))


def _write(visit: Visit, write: Callable[..., VisitChange], message: str | None, **values: Any) -> Any:
    """Make a change and tell it, with Undo; what someone said before stays."""
    try:
        with transaction():
            change = write(visit, account=g.standing.account, now=clock.now(), **values)
    except VisitAlreadyAnswered:
        return _already(visit)
    return answers.done(page_of(visit), message or _changed_words(visit, change), _undo(change))


def _changed_words(visit: Visit, change: VisitChange) -> str:
    """One sentence of what changed: the new date, and how many later ones moved along."""
    before: Any = change.before.get(f"visit:{visit.id}") or {}
    moved = before.get("planned_on") != visit.planned_on.isoformat() or before.get("local_time") != visit.local_time
    others = sum(key.startswith("visit:") for key in change.before) - 1
    if before and moved and others > 0:
        return str(
            _("Moved to %(date)s. %(count)s later ones follow.", date=short_date(visit.planned_on), count=others)
        )
    if before and moved:
        return str(_("Moved to %(date)s.", date=short_date(visit.planned_on)))
    return str(_("Saved"))


def _undo(change: VisitChange) -> answers.Undo:
    return answers.undo(url_for("visits.undo_change", public_id=change.public_id))


def _already(visit: Visit) -> Any:
    return answers.done(page_of(visit), _("Someone already said what became of it. Nothing was changed."))


def _mark(visit: Visit) -> str:
    """A mark of the visit as it is, so that a form tells when somebody changed it after the form was opened."""
    return f"{visit.revision}-{visit.changed_at.timestamp():.6f}"


def _edit_page(form: VisitForm, visit: Visit | None) -> str:
    in_series = visit is not None and visit.series is not None and not visit.series.ended_on
    once_only = [] if in_series else [(ONCE, _("Only once"))]
    quick = [(repeat_value(*each), words.repeat_words(*each)) for each in QUICK_REPEATS]
    return render_template(
        "visits/visit_edit.html",
        form=form,
        visit=visit,
        in_series=in_series,
        seen=_mark(visit) if visit else "",
        kinds=[(kind, words.KIND_WORDS[kind], words.KIND_ICONS[kind]) for kind in KINDS],
        repeats=[*once_only, *quick, (OTHER, _("Something else"))],
        zones=zone_options(),
        open_more=visit is not None or any(form.error(name) for name in MORE_FIELDS),
    )


def _move_page(form: MoveForm, visit: Visit) -> str:
    return render_template("visits/visit_move.html", form=form, visit=visit)
