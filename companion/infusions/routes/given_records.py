"""What was given on a day: the form, its rows, saving and taking back; and the soft checks of a course."""

from http import HTTPStatus
from typing import Any

from flask import g, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from companion import answers, clock
from companion.access import needs
from companion.circles.queries import weight_as_of
from companion.database import transaction
from companion.domain import products, sites, soft_checks
from companion.infusions import given_words, operations, queries
from companion.infusions.forms.given_records import KG, LB, MOST_ROWS, GivenForm, given_values
from companion.infusions.forms.shared import no_room_words
from companion.infusions.models import SKIPPED, Facts, GivenRecord, Infusion, InfusionDay
from companion.infusions.operations import (
    ChangeCannotBeUndone,
    DayAlreadyAnswered,
    NoRoom,
    RecordCannotBeUndone,
    RecordChanged,
    facts_of,
    mark_of,
)
from companion.infusions.operations.plans import local_today
from companion.infusions.routes import blueprint
from companion.infusions.routes.shared import page_of, refuse_cancelled
from companion.submissions import once

SET_ASIDE, MOST_SET_ASIDE = "checks_set_aside", 12
ROWS = ("rates", "premedicines")
WHO = ("prepared_by", "prepared_by_other", "given_by", "given_by_other", "place")
POUNDS = {"US", "LR"}


@blueprint.get("/infusion-days/<public_id>/given-record")
@needs("answer", row=InfusionDay)
def given_record(day: InfusionDay) -> Any:
    """The record of a day as it is; nothing is filled in that nobody entered."""
    refuse_cancelled(day)
    if not has_come(day):
        return answers.done(page_of(day.infusion), _closed_words(day))
    facts = facts_of(day)
    values = given_values(facts, _names(), _weight_unit()) | {"route": facts["route"] or _planned_route(day)}
    return _page(day, GivenForm(data=values, day=day, now=clock.now()), mark_of(facts))


@blueprint.post("/infusion-days/<public_id>/given-record/draft")
@needs("answer", row=InfusionDay)
def draft_given_record(day: InfusionDay) -> Any:
    """The same form with a row more or less, or with what the plan says; nothing is saved."""
    refuse_cancelled(day)
    typed = MultiDict(request.form)
    for rows in ROWS:
        if request.form.get("add") == rows:
            typed[f"{rows}-{_next_row(typed, rows)}-time"] = ""
    if dropped := request.form.get("drop"):
        typed = MultiDict((key, value) for key, value in typed.items(multi=True) if not key.startswith(f"{dropped}-"))
    if "as_planned" in request.form:
        for name, value in given_words.planned_facts(day).items():
            typed[name] = typed.get(name) or value
    form = GivenForm(typed, day=day, now=clock.now())
    return _page(day, form, request.form.get("seen", ""), opened=request.form.get("add") or dropped or "")


@blueprint.post("/infusion-days/<public_id>/given-record")
@needs("answer", row=InfusionDay)
@once
def save_given_record(day: InfusionDay) -> Any:
    """Save the record of a day, unless somebody else saved it meanwhile."""
    refuse_cancelled(day)
    if not has_come(day):
        return answers.done(page_of(day.infusion), _closed_words(day))
    form, now = GivenForm(request.form, day=day, now=clock.now()), clock.now()
    seen = request.form.get("seen") or mark_of(facts_of(day))
    if not form.validate():
        return _page(day, form, seen), HTTPStatus.UNPROCESSABLE_ENTITY
    facts = form.facts(facts_of(day))
    try:
        record = operations.save_given_record(day, facts, seen=seen, account=g.standing.account, now=now)
    except RecordChanged as changed:
        page = _page(day, form, mark_of(changed.facts), changed=changed, typed=facts)
        return page, HTTPStatus.UNPROCESSABLE_ENTITY
    except NoRoom as refused:
        form.answer.errors = [no_room_words(refused)]
        return _page(day, form, seen), HTTPStatus.UNPROCESSABLE_ENTITY
    except DayAlreadyAnswered:
        return answers.done(page_of(day.infusion), _("This day was already answered. Nothing was changed."))
    undo = answers.undo(url_for(".undo_given_record", public_id=record.public_id))
    return answers.saved(record.public_id, page_of(day.infusion), _("The record is saved."), undo)


@blueprint.post("/given-records/<public_id>/undo")
@needs("answer", row=GivenRecord)
def undo_given_record(record: GivenRecord) -> Any:
    """Put the record back as it was before the last save."""
    url = page_of(record.day.infusion)
    try:
        with transaction():
            operations.undo_given_record(record, now=clock.now())
    except (RecordCannotBeUndone, ChangeCannotBeUndone):
        return answers.done(url, _("This cannot be undone: the record was changed again since."))
    return answers.done(url, _("Undone. The record is as before."))


@blueprint.post("/infusions/<public_id>/checks/dismissal")
@needs("answer", row=Infusion)
def dismiss_check(infusion: Infusion) -> Any:
    """Set a soft check aside in this browser; nothing is written down."""
    known = [key for key in session.get(SET_ASIDE, []) if isinstance(key, str)]
    session[SET_ASIDE] = [*known, *(key[:120] for key in request.form.getlist("check"))][-MOST_SET_ASIDE:]
    return redirect(page_of(infusion), HTTPStatus.SEE_OTHER)


def shown_given(infusion: Infusion) -> dict[str, Any]:
    """What the page of a course shows of its records."""
    days = [day for day in infusion.days if has_come(day)]
    circle = infusion.circle
    return {
        "lines": {day.id: given_words.given_lines(day, weight_as_of(circle, day.happened_on)) for day in days},
        "course_line": given_words.course_line(infusion) if len(infusion.days) > 1 else "",
        "checks": _open_checks(infusion) if g.standing.can("answer") else [],
    }


def has_come(day: InfusionDay) -> bool:
    """Whether there can be something to record: its date has come, and it was not skipped."""
    return day.state != SKIPPED and day.happened_on <= local_today(clock.now(), day.tz)


def _open_checks(infusion: Infusion) -> list[tuple[str, Any, list[str]]]:
    """Each kind of check once, however many days it is about, with the keys that set it aside."""
    keys: dict[str, list[str]] = {}
    for check in soft_checks.without(queries.soft_checks_of(infusion), session.get(SET_ASIDE, [])):
        keys.setdefault(check.code, []).append(soft_checks.key_of(check))
    return [(code, given_words.CHECK_WORDS[code], of_code) for code, of_code in keys.items()]


def _page(
    day: InfusionDay,
    form: GivenForm,
    seen: str,
    *,
    opened: str = "",
    changed: RecordChanged | None = None,
    typed: Facts | None = None,
) -> str:
    circle = g.standing.circle
    uses, picked = queries.last_site_uses(day), queries.picked_sites(circle)
    steps = operations.steps_for(day)
    return render_template(
        "infusions/given_edit.html",
        day=day,
        form=form,
        seen=seen,
        changed=changed,
        differences=given_words.differences(changed.facts, typed) if changed and typed else [],
        planned=given_words.planned_words(day),
        named_people=[("", _("Not entered")), *((name, name) for name in _names())],
        named_veins=[(site, given_words.VEIN_WORDS[site]) for site in sites.VEIN_SITES],
        products=products.suggested(circle.country, queries.products_used(circle)),
        strengths=products.STRENGTHS,
        words=given_words,
        who_open=any(form[name].data for name in WHO),
        site_open=any(row.is_used for row in form.sites.values()),
        rows_open=bool(opened) or form.has_rows,
        most_rows=MOST_ROWS,
        last_used=uses,
        days_ago={site: (day.happened_on - on).days for site, on in uses.items()},
        rested=sites.longest_rested(uses, picked),
        steps=(sum(1 for step in day.steps if step.ticked_at), len(steps)),
    )


def _names() -> list[str]:
    """Who may have prepared or given it: the people of the circle, then the usual others."""
    members = [membership.account.name for membership in g.standing.circle.memberships]
    return [*dict.fromkeys(name for name in members if name), _("Home nurse"), _("Day unit")]


def _weight_unit() -> str:
    return LB if g.standing.circle.country in POUNDS else KG


def _planned_route(day: InfusionDay) -> str | None:
    return day.infusion.regimen.route if day.infusion.regimen else None


def _next_row(typed: Any, rows: str) -> int:
    taken = [int(key.split("-")[1]) for key in typed if key.startswith(f"{rows}-") and key.split("-")[1].isdigit()]
    return max(taken, default=-1) + 1


def _closed_words(day: InfusionDay) -> str:
    if day.state == SKIPPED:
        return _("This day was skipped. There is nothing to record.")
    return _("This day is still to come. Its record opens on the day.")
