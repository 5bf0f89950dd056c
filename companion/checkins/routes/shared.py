"""What the pages of check-ins share: the local day, the form of a circle, and where saving leads."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import abort, g, jsonify, render_template, request, url_for
from flask_babel import gettext as _

from companion import answers
from companion.access import wants_json
from companion.checkins import forms, queries
from companion.checkins.models import CheckIn, Device
from companion.checkins.version_words import Difference
from companion.domain.safety import asks_when_it_came
from companion.formatting import joined, labelled, when
from companion.submissions import entered_now, told_by_device

PAGES = {
    "movements": "checkins/movements_edit.html",
    "daily_hands": "checkins/daily_hands_edit.html",
    "tapping": "checkins/tapping_edit.html",
}
"""Pages that ask one part of a check-in, by their hidden field `page`; their forms go where all others go."""


TASK_FIELD = re.compile(r"task_(.+)_(?:left|right)$")


def local_today(now: datetime) -> date:
    """Today where the check-in is made."""
    return now.astimezone(ZoneInfo(g.standing.tz)).date()


def form_of(data: Any = None, row: CheckIn | None = None) -> forms.CheckInForm:
    """The check-in form of this circle, empty, sent, or with what is stored."""
    circle, today = g.standing.circle, local_today(entered_now())
    measured = [m for m in row.grips if m.device] if row else []
    device = measured[0].device if measured else _device_of(data) or queries.current_device(circle)
    asks_grip = bool(measured) or circle.has_grip_meter or _device_of(data) is not None
    tasks = queries.active_tasks(circle)
    if data is not None:
        tasks += queries.tasks_named(circle, {found[1] for name in data if (found := TASK_FIELD.match(name))})
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


def _device_of(data: Any) -> Device | None:
    """The grip meter that a form was drawn for: a number that waited on a phone keeps its unit."""
    named = data.get("device") if data is not None else None
    return queries.device_named(g.standing.circle, named) if named else None


def page_of(
    form: forms.CheckInForm,
    row: CheckIn | None,
    page: str | None = None,
    meanwhile: Sequence[Difference] = (),
    is_deleted: bool = False,
) -> str:
    """The page that this form came from; `meanwhile` is what another device saved since, or that it deleted all.

    While the pages are closed it shows nothing of before: it only writes.
    """
    sees = g.standing.can("see_check_ins") and not g.closed
    last = queries.last_grip(g.standing.circle, form.device) if form.device and sees else {}
    return render_template(
        PAGES.get(page or request.form.get("page", ""), "checkins/check_in_edit.html"),
        form=form,
        row=row,
        meanwhile=meanwhile,
        is_deleted=is_deleted,
        last=last,
        before=queries.latest_check_in(g.standing.circle) if sees and row is None else None,
        days_back=form.days_back(),
    )


def changed_meanwhile(form: forms.CheckInForm, row: CheckIn, meanwhile: Sequence[Difference]) -> Any:
    """409: the page again with both versions, or the differences for a phone that sends what it kept."""
    if not wants_json():
        return page_of(form, row=row, meanwhile=meanwhile), 409
    lines = [
        labelled(
            one.question,
            joined([_("Saved: %(words)s", words=one.saved), _("Typed here: %(words)s", words=one.typed)]),
        )
        for one in meanwhile
    ]
    return _conflict("changed_meanwhile", _("This check-in was changed meanwhile."), lines, row)


def deleted_meanwhile(form: forms.CheckInForm, row: CheckIn) -> Any:
    """409: what was typed, and the way to bring the check-in back with it."""
    if not wants_json():
        return page_of(form, row=row, is_deleted=True), 409
    return _conflict("deleted_meanwhile", _("This check-in was deleted on another device."), [], row)


def _conflict(reason: str, error: str, lines: Sequence[str], row: CheckIn) -> Any:
    body = {"error": error, "advice": _("Look at it, then save again."), "status": 409, "reason": reason}
    fields = [{"field": "", "message": line} for line in lines]
    return jsonify({**body, "fields": fields, "made_from": row.version}), 409


def after_saving(row: CheckIn) -> Any:
    """Today with Undo; the safety question first where it is due, after everything is saved."""
    undo = answers.undo(url_for("checkins.delete", public_id=row.public_id))
    if asks_safety(row):
        return answers.saved(row.public_id, url_for("checkins.safety", public_id=row.public_id), _("Saved"), undo)
    return answers.saved(row.public_id, url_for("today.show"), _thanks(row), undo)


def _thanks(row: CheckIn) -> str:
    """Thanks; and which time was used, where the clock of the device was wrong."""
    told = told_by_device()
    if told is None:
        return _("Saved. Thank you.")
    return _(
        "Saved. Thank you. The clock of this phone said %(told)s. We use the right time: %(right)s.",
        told=when(told),
        right=when(row.recorded_at),
    )


def asks_safety(row: CheckIn) -> bool:
    """Whether to ask how fast it came."""
    earlier, steps = queries.earlier_ratings(row), queries.safety_steps(row)
    return asks_when_it_came(row.on, earlier, steps, "something_new" in row.symptoms)


def refuse_deleted(row: CheckIn) -> None:
    """A deleted check-in has no pages."""
    if row.deleted_at is not None:
        abort(404)
