"""What happened on a day: done, in part, skipped, moved, still on."""

from collections.abc import Callable
from typing import Any

from flask import g, render_template, request
from flask_babel import gettext as _

from companion import answers, clock
from companion.access import needs
from companion.database import transaction
from companion.formatting import short_date
from companion.infusions import operations
from companion.infusions.forms.days import DayForm, MoveForm, SkipForm
from companion.infusions.forms.shared import no_room_words
from companion.infusions.models import BOOKED, InfusionDay, PlanChange
from companion.infusions.operations import DayAlreadyAnswered, DayIsAhead, NoRoom
from companion.infusions.routes import blueprint
from companion.infusions.routes.shared import page_of, refuse_cancelled, today_here, told
from companion.submissions import once


@blueprint.get("/infusion-days/<public_id>")
@needs("answer", row=InfusionDay)
def day(day: InfusionDay) -> Any:
    """Everything that can be said about one day."""
    refuse_cancelled(day)
    today = today_here()
    is_ahead = not day.is_answered and day.planned_on >= today
    return render_template("infusions/day_show.html", day=day, today=today, is_ahead=is_ahead)


@blueprint.get("/infusion-days/<public_id>/completion")
@needs("answer", row=InfusionDay)
def completion(day: InfusionDay) -> Any:
    """Done, with the real date and the grams."""
    return _day_page(day, DayForm(data=_shown(day), today=today_here()), "done")


@blueprint.post("/infusion-days/<public_id>/completion")
@needs("answer", row=InfusionDay)
@once
def complete(day: InfusionDay) -> Any:
    """Say that a day was given; one tap says on its planned date."""
    return _answer(day, "done")


@blueprint.get("/infusion-days/<public_id>/partial")
@needs("answer", row=InfusionDay)
def partial(day: InfusionDay) -> Any:
    """Given only in part, with the grams."""
    return _day_page(day, DayForm(data=_shown(day), today=today_here()), "partial")


@blueprint.post("/infusion-days/<public_id>/partial")
@needs("answer", row=InfusionDay)
@once
def record_partial(day: InfusionDay) -> Any:
    """Say that a day was given in part."""
    return _answer(day, "partial")


@blueprint.get("/infusion-days/<public_id>/skip")
@needs("answer", row=InfusionDay)
def skip(day: InfusionDay) -> Any:
    """Skipped, with a reason."""
    return _skip_page(day, SkipForm(data={"reason": day.skip_reason}))


@blueprint.post("/infusion-days/<public_id>/skip")
@needs("answer", row=InfusionDay)
@once
def record_skip(day: InfusionDay) -> Any:
    """Say that a day did not happen."""
    refuse_cancelled(day)
    form = SkipForm(request.form)
    if not form.validate():
        return _skip_page(day, form), 422
    return _write(
        day,
        lambda: operations.skip_day(
            day, reason=form.reason.data or None, account=g.standing.account, again=_again(), now=clock.now()
        ),
    )


@blueprint.get("/infusion-days/<public_id>/move")
@needs("manage_dates", row=InfusionDay)
def move(day: InfusionDay) -> Any:
    """Moved to another date or time."""
    refuse_cancelled(day)
    if day.is_answered:
        return _already(day)
    values = {"to_on": day.planned_on, "booked": BOOKED if day.infusion.certainty == BOOKED else None}
    form = MoveForm(data=values, today=today_here())
    return _move_page(day, form, day.local_time or "")


@blueprint.post("/infusion-days/<public_id>/move")
@needs("manage_dates", row=InfusionDay)
@once
def record_move(day: InfusionDay) -> Any:
    """Move a day; the expected courses follow, booked ones stay."""
    refuse_cancelled(day)
    form = MoveForm(request.form, today=today_here(), moved=day)
    if not form.validate():
        return _move_page(day, form, form.typed("local_time")), 422
    try:
        return _write(
            day,
            lambda: operations.move_day(day, account=g.standing.account, now=clock.now(), **form.move()),
            moved=1,
        )
    except NoRoom as refused:
        form.to_on.errors = [no_room_words(refused)]
        return _move_page(day, form, form.typed("local_time")), 422


@blueprint.post("/infusion-days/<public_id>/confirmation")
@needs("answer", row=InfusionDay)
@once
def confirm(day: InfusionDay) -> Any:
    """Say that a day is still on."""
    refuse_cancelled(day)
    return _write(day, lambda: operations.confirm_day(day, account=g.standing.account, now=clock.now()))


def _answer(day: InfusionDay, state: str) -> Any:
    refuse_cancelled(day)
    form = DayForm(request.form, today=today_here())
    if not form.validate():
        return _day_page(day, form, state), 422
    record = operations.record_day_done if state == "done" else operations.record_day_partial
    try:
        return _write(
            day,
            lambda: record(
                day,
                given_on=form.given_on.data,
                grams_given=form.grams.data,
                account=g.standing.account,
                again=_again(),
                now=clock.now(),
            ),
        )
    except NoRoom as refused:
        form.given_on.errors = [no_room_words(refused)]
    except DayIsAhead:
        form.given_on.errors = [_("This day is still to come. Choose today or an earlier day.")]
    return _day_page(day, form, state), 422


def _write(day: InfusionDay, write: Callable[[], PlanChange], **values: Any) -> Any:
    """Make a change and tell it; an answer that someone gave before stays."""
    try:
        with transaction():
            return told(write(), page_of(day.infusion, **values))
    except DayAlreadyAnswered:
        return _already(day)


def _already(day: InfusionDay) -> Any:
    message = _("This day was already answered. Nothing was changed.")
    return answers.done(page_of(day.infusion), message)


def _again() -> bool:
    """Whether the form replaces an earlier answer on purpose."""
    return request.form.get("again") == "1"


def _shown(day: InfusionDay) -> dict[str, Any]:
    """A day starts with the answer it has, else with the planned date, never one that is still to come."""
    return {"given_on": day.given_on or min(day.planned_on, today_here()), "grams": day.grams_given}


def _day_page(day: InfusionDay, form: DayForm, state: str) -> str:
    refuse_cancelled(day)
    return render_template("infusions/day_answer.html", day=day, form=form, state=state)


def _skip_page(day: InfusionDay, form: SkipForm) -> str:
    refuse_cancelled(day)
    return render_template("infusions/day_skip.html", day=day, form=form)


def _move_page(day: InfusionDay, form: MoveForm, local_time: str) -> str:
    return render_template(
        "infusions/day_move.html", day=day, form=form, local_time=local_time, planned=short_date(day.planned_on)
    )
