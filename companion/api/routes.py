"""`/api/v1`: the same operations as the pages, for other programs."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, current_app, g, jsonify, request, url_for
from flask_babel import gettext as _
from pydantic import ValidationError

from companion import answers, clock
from companion.access import needs, public
from companion.api import forms
from companion.api.openapi import document as openapi_document
from companion.checkins import operations, queries
from companion.checkins.models import CheckIn
from companion.domain.measurements import check
from companion.infusions import queries as infusions
from companion.infusions.models import Infusion
from companion.submissions import once

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")

RANGE = timedelta(days=365)
LONGEST_RANGE = timedelta(days=3660)


class _Refused(Exception):
    """The call needs fixing: pairs of field and message."""

    def __init__(self, *fields: tuple[str, str]) -> None:
        super().__init__()
        self.fields = fields


@blueprint.errorhandler(_Refused)
def refuse(error: _Refused) -> Any:
    """422 with what to fix."""
    return _problem(422, list(error.fields))


def _problem(code: int, fields: list[tuple[str, str]]) -> Any:
    title, advice = answers.problem_words(code)
    body = {"error": title, "advice": advice, "status": code}
    return jsonify({**body, "fields": [{"field": f, "message": m} for f, m in fields]}), code


@blueprint.get("/openapi.json")
@public
def document() -> Any:
    """The description of this API."""
    return jsonify(openapi_document(current_app.config["COMPANION"].base_url))


@blueprint.get("/check-ins")
@needs("see_check_ins")
def check_ins() -> Any:
    """Check-ins of a range of local dates, newest first; the last year when none is given."""
    first_on, last_on = _range(ahead=timedelta(0))
    rows = queries.check_ins_between(g.standing.circle, first_on, last_on)
    found = forms.CheckInList(circle=g.standing.circle.public_id, check_ins=[_check_in_out(row) for row in rows])
    return _json(found)


@blueprint.post("/check-ins")
@needs("write_check_ins")
@once
def record_check_in() -> Any:
    """Record a check-in."""
    if request.headers.get("X-App-Request") != "1" or not request.is_json:
        return _problem(403, [("X-App-Request", _("Send JSON with the header X-App-Request: 1."))])
    try:
        asked = forms.CheckInIn.model_validate_json(request.get_data())
        row = _record(asked)
    except ValidationError as error:
        return _problem(422, _problems_of(error))
    except _Refused as error:
        return _problem(422, list(error.fields))
    except operations.NothingAnswered:
        return _problem(422, [("left_rating", _("Answer at least one question. All others can stay empty."))])
    url = url_for("checkins.show", public_id=row.public_id)
    return answers.saved(row.public_id, url, _("Saved"))


def _record(asked: forms.CheckInIn) -> CheckIn:
    now, circle = clock.now(), g.standing.circle
    today, on = _dates(asked, now)
    _refuse_doubles(asked)
    device = queries.current_device(circle)
    for index, grip in enumerate(asked.grip):
        _check_grip(f"grip.{index}", grip, device.unit if device else None)
    known = {task.public_id: task for task in queries.active_tasks(circle)}
    unknown = [(f"tasks.{i}.task", _("No such task.")) for i, t in enumerate(asked.tasks) if t.task not in known]
    if unknown:
        raise _Refused(*unknown)
    return operations.record_check_in(
        circle,
        g.standing.account,
        operations.Answers(
            left_rating=asked.left_rating,
            right_rating=asked.right_rating,
            grips=tuple(operations.GripTry(one.hand, one.value) for one in asked.grip),
            tasks=tuple(operations.TaskTry(known[one.task], one.hand, one.answer) for one in asked.tasks),
            movements=tuple(operations.MovementTry(one.movement, one.side, one.answer) for one in asked.movements),
            daily_hands=tuple(operations.DailyTry(one.item, one.answer) for one in asked.daily_hands),
            taps=tuple(operations.TapTry(one.hand, tuple(one.times_ms), one.seconds) for one in asked.tapping),
            symptoms=frozenset(asked.symptoms),
            hand_warmth=asked.hand_warmth,
            context=frozenset(asked.context),
            note=(asked.note or "").strip() or None,
        ),
        moment=operations.moment_of(on, today=today, tz=g.standing.tz, now=now),
        device=device,
        now=now,
        client_id=answers.given_client_id(),
    )


def _dates(asked: forms.CheckInIn | forms.TotalIn, now: datetime) -> tuple[date, date]:
    """Today, and the date that the body is about. Refuses another circle than the address names, and the future."""
    if asked.circle not in (None, g.standing.circle.public_id):
        raise _Refused(("circle", _("The address names another circle.")))
    today = now.astimezone(ZoneInfo(g.standing.tz)).date()
    on = asked.on or today
    if on > today:
        raise _Refused(("on", _("This day has not come yet. Choose today or an earlier day.")))
    return today, on


def _refuse_doubles(asked: forms.CheckInIn) -> None:
    """One answer a question, and taps in the order in which they came."""
    keys: dict[str, list[Any]] = {
        "movements": [(one.movement, one.side) for one in asked.movements],
        "daily_hands": [one.item for one in asked.daily_hands],
        "tapping": [one.hand for one in asked.tapping],
    }
    twice = [
        (name, _("Give one answer to each question.")) for name, said in keys.items() if len(set(said)) < len(said)
    ]
    mixed = [i for i, one in enumerate(asked.tapping) if one.times_ms != sorted(one.times_ms)]
    twice += [(f"tapping.{i}.times_ms", _("Give the taps in the order in which they came.")) for i in mixed]
    if twice:
        raise _Refused(*twice)


def _check_grip(where: str, grip: forms.GripIn, unit: str | None) -> None:
    """Force and pressure never convert: the unit must be the one of the grip meter in use."""
    if unit is None:
        raise _Refused((where, _("This circle has no grip meter.")))
    if grip.answer == "cannot":
        if grip.value is not None:
            raise _Refused((f"{where}.value", _("Choose the number or “Cannot do with this hand”, not both.")))
        return
    if grip.value is None or grip.unit != unit:
        raise _Refused((where, _("Give a number in %(unit)s, the unit of the grip meter.", unit=unit)))
    problem = check(grip.value, str(unit))
    if problem is not None:
        limits = {"lowest": problem.lowest, "highest": problem.highest, "unit": unit}
        raise _Refused(
            (
                f"{where}.value",
                _("A grip is from %(lowest)s to %(highest)s %(unit)s. Please check the number.", **limits),
            )
        )


@blueprint.get("/questionnaire-totals")
@needs("see_check_ins")
def totals() -> Any:
    """Totals of a range of local dates, newest first; the last year when none is given."""
    first_on, last_on = _range(ahead=timedelta(0))
    rows = [row for row in queries.totals_of(g.standing.circle) if first_on <= row.on <= last_on]
    found = [forms.TotalOut(id=r.public_id, name=r.name, total=r.total, out_of=r.out_of, on=r.on) for r in rows]
    return _json(forms.TotalList(circle=g.standing.circle.public_id, totals=found))


@blueprint.post("/questionnaire-totals")
@needs("write_check_ins")
@once
def record_total() -> Any:
    """Keep the total of a questionnaire that was filled in elsewhere."""
    if request.headers.get("X-App-Request") != "1" or not request.is_json:
        return _problem(403, [("X-App-Request", _("Send JSON with the header X-App-Request: 1."))])
    now = clock.now()
    try:
        asked = forms.TotalIn.model_validate_json(request.get_data())
        on = _dates(asked, now)[1]
    except ValidationError as error:
        return _problem(422, _problems_of(error))
    except _Refused as error:
        return _problem(422, list(error.fields))
    if asked.out_of is not None and asked.total > asked.out_of:
        return _problem(422, [("total", _("The total is more than the highest one. Please check both."))])
    row = operations.record_total(
        g.standing.circle,
        g.standing.account,
        name=asked.name,
        total=asked.total,
        out_of=asked.out_of,
        on=on,
        now=now,
        client_id=answers.given_client_id(),
    )
    return answers.saved(row.public_id, url_for("checkins.totals"), _("Saved"))


@blueprint.get("/infusions")
@needs("see_dates")
def list_infusions() -> Any:
    """Infusions that begin in a range of local dates; a year back and thirteen months ahead when none is given."""
    first_on, last_on = _range(ahead=timedelta(days=396))
    rows = infusions.infusions_between(g.standing.circle, first_on, last_on)
    found = forms.InfusionList(circle=g.standing.circle.public_id, infusions=[_infusion_out(row) for row in rows])
    return _json(found)


def _json(found: Any) -> Any:
    return current_app.response_class(found.model_dump_json(), mimetype="application/json")


def _range(*, ahead: timedelta) -> tuple[date, date]:
    try:
        asked = forms.DateRange.model_validate(request.args.to_dict())
    except ValidationError as error:
        raise _Refused(*_problems_of(error)) from error
    today = clock.now().astimezone(ZoneInfo(g.standing.tz)).date()
    first_on, last_on = asked.first_on or today - RANGE, asked.last_on or today + ahead
    if not timedelta(0) <= last_on - first_on <= LONGEST_RANGE:
        raise _Refused(("to", _("The last day must be after the first, and at most ten years later.")))
    return first_on, last_on


def _problems_of(error: ValidationError) -> list[tuple[str, str]]:
    """Field and message of each error, without the value: it may be health data."""
    return [(".".join(str(part) for part in one["loc"]) or "body", one["msg"]) for one in error.errors()]


def _check_in_out(row: CheckIn) -> forms.CheckInOut:
    return forms.CheckInOut(
        id=row.public_id,
        on=row.on,
        recorded_at=row.recorded_at,
        tz=row.tz,
        left_rating=row.left_rating,
        right_rating=row.right_rating,
        repeated=row.repeated,
        grip=[
            forms.GripOut.model_validate(
                {"id": m.public_id, "hand": m.hand, "answer": m.answer, "value": m.value, "unit": m.unit}
            )
            for m in row.grips
        ],
        tasks=[
            forms.TaskOut.model_validate({"task": a.marker_task.public_id, "hand": a.hand, "answer": a.answer})
            for a in row.task_answers
        ],
        movements=[
            forms.MovementOut.model_validate({"movement": a.item, "side": a.side, "answer": a.answer})
            for a in row.movements
        ],
        daily_hands=[
            forms.DailyHandsOut.model_validate({"item": a.item, "answer": a.answer}) for a in row.daily_hands
        ],
        tapping=[
            forms.TappingOut.model_validate(
                {
                    "id": m.public_id,
                    "hand": m.hand,
                    "taps": int(m.value or 0),
                    "seconds": m.seconds,
                    "rhythm_spread_ms": m.rhythm_spread_ms,
                }
            )
            for m in row.taps
        ],
        symptoms=sorted(row.symptoms),  # type: ignore[arg-type]
        hand_warmth=row.hand_warmth,  # type: ignore[arg-type]
        context=sorted(row.context),  # type: ignore[arg-type]
        note=row.note if g.standing.can("see_notes") else None,
    )


def _infusion_out(row: Infusion) -> forms.InfusionOut:
    regimen = row.regimen
    return forms.InfusionOut.model_validate(
        {
            "id": row.public_id,
            "first_on": row.first_on,
            "certainty": row.certainty,
            "moved_from_on": row.moved_from_on,
            "product": row.product or (regimen.product if regimen else None),
            "route": regimen.route if regimen else None,
            "place": row.place or (regimen.place if regimen else None),
            "days": [
                {
                    "id": day.public_id,
                    "number": day.number,
                    "planned_on": day.planned_on,
                    "starts_at": day.starts_at,
                    "tz": day.tz,
                    "state": day.state,
                    "given_on": day.given_on,
                    "grams_given": day.grams_given,
                }
                for day in row.days
            ],
        }
    )
