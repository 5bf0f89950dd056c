"""Courses: the list, one course, booked or expected, and taking a change back."""

from datetime import date
from itertools import groupby
from typing import Any

from flask import abort, g, render_template, request, url_for
from flask_babel import gettext as _

from companion import answers, clock
from companion.access import needs
from companion.circles.queries import contacts_of, latest_weight
from companion.database import transaction
from companion.infusions import operations, queries
from companion.infusions.models import BOOKED, Infusion, InfusionDay, PlanChange
from companion.infusions.operations import ChangeCannotBeUndone
from companion.infusions.routes import blueprint
from companion.infusions.routes.given_records import shown_given
from companion.infusions.routes.shared import page_of, refuse_cancelled, today_here, told

SHOWN_AHEAD, SHOWN_PAST = 4, 8
ANSWERS = ("done", "partial", "skip", "confirm")
"""Changes that the right to answer is enough for, and enough to take back."""
OF_A_PLAN = ("change", "end", "keep", "pause", "resume")
"""Changes that are made on the page of all plans."""


@blueprint.get("/infusions")
@needs("see_dates")
def index() -> Any:
    """Courses to come and the latest past ones, or (`?year=`) all past ones of a year, by month."""
    circle, today = g.standing.circle, today_here()
    years = queries.past_years(circle, today)
    year = request.args.get("year", type=int)
    year = year if year in years else None
    upcoming = queries.upcoming_infusions(circle, today) if year is None else []
    past = queries.past_infusions(circle, today, year=year, most=SHOWN_PAST if year is None else None)
    return render_template(
        "infusions/infusion_list.html",
        soon=upcoming[:SHOWN_AHEAD],
        later=upcoming[SHOWN_AHEAD:],
        months=[(month, list(of_month)) for month, of_month in groupby(past, _month_of)],
        years=years,
        year=year,
        without_lots=queries.count_without_lots(circle) if year is None else 0,
        today=today,
    )


def _month_of(course: Infusion) -> date:
    return course.first_on.replace(day=1)


@blueprint.get("/infusions/<public_id>")
@needs("see_dates", row=Infusion)
def show(infusion: Infusion) -> Any:
    """One course: its days, safety, lots and reactions, and the question that is due."""
    refuse_cancelled(infusion)
    circle, today = g.standing.circle, today_here()
    weight = latest_weight(circle)
    moved = "moved" in request.args
    return render_template(
        "infusions/infusion_show.html",
        infusion=infusion,
        state=infusion.state_on(today),
        due=_due_day(infusion, today),
        today=today,
        diary=queries.diary_of(infusion, today),
        weight_kg=weight.weight_kg if weight else None,
        clinic=contacts_of(circle).get("clinic"),
        by_nurse=queries.nurse_entries(infusion),
        booked=queries.booked_after(infusion, today) if moved else None,
        given=shown_given(infusion),
    )


def _due_day(infusion: Infusion, today: date) -> InfusionDay | None:
    return next((day for day in infusion.days if not day.is_answered and day.planned_on <= today), None)


@blueprint.post("/infusions/<public_id>/booking")
@needs("manage_dates", row=Infusion)
def book(infusion: Infusion) -> Any:
    """Say that the clinic gave this date, or (`certainty=expected`) that it did not."""
    refuse_cancelled(infusion)
    wanted = request.form.get("certainty", BOOKED)
    if wanted == infusion.certainty:
        return answers.done(page_of(infusion), _("Saved"))
    write = operations.book_infusion if wanted == BOOKED else operations.expect_infusion
    with transaction():
        change = write(infusion, account=g.standing.account, now=clock.now())
    return told(change, page_of(infusion))


@blueprint.post("/plan-changes/<public_id>/undo")
@needs("answer", row=PlanChange)
def undo_change(change: PlanChange) -> Any:
    """Take one change back."""
    if change.verb not in ANSWERS and not g.standing.can("manage_dates"):
        abort(403)
    try:
        with transaction():
            operations.undo_change(change, now=clock.now())
    except ChangeCannotBeUndone:
        return answers.done(_after_undo(change), _("This cannot be undone: the dates were changed again since."))
    if change.verb == "end":  # a plan that took its place stays
        return answers.done(_after_undo(change), _("Undone. The plan goes on as before."))
    return answers.done(_after_undo(change), _("Undone. All dates are as before."))


def _after_undo(change: PlanChange) -> str:
    infusion = queries.begun_on(change) if change.verb == "shift" else queries.infusion_of(change)
    if change.verb in OF_A_PLAN or infusion is None or infusion.cancelled_at is not None:
        return url_for(".regimens")
    return page_of(infusion)
