"""Totals of questionnaires that were filled in elsewhere."""

from typing import Any

from flask import g, render_template, request, url_for
from flask_babel import gettext as _

from companion import answers, clock
from companion.access import needs
from companion.checkins import forms, operations, queries
from companion.checkins.models import QuestionnaireTotal
from companion.checkins.routes import blueprint
from companion.checkins.routes.shared import local_today
from companion.database import transaction
from companion.submissions import once


@blueprint.get("/check-ins/totals")
@needs("see_check_ins")
def totals() -> Any:
    """The totals, newest first."""
    return render_template("checkins/total_list.html", rows=queries.totals_of(g.standing.circle))


@blueprint.get("/check-ins/totals/new")
@needs("write_check_ins")
def total_new() -> Any:
    """Enter a total."""
    return _page(_form(None))


@blueprint.post("/check-ins/totals")
@needs("write_check_ins")
@once
def total_create() -> Any:
    """Keep a total."""
    form = _form(request.form)
    if not form.validate():
        return _page(form), 422
    row = operations.record_total(
        g.standing.circle,
        g.standing.account,
        name=form.name.data or "",
        total=form.sum,
        out_of=form.out_of.data,
        on=form.chosen_on() or form.today,
        now=clock.now(),
        client_id=answers.given_client_id(),
    )
    undo = answers.undo(url_for(".total_delete", public_id=row.public_id))
    return answers.saved(row.public_id, url_for(".totals"), _("Saved. Thank you."), undo)


@blueprint.post("/check-ins/totals/<public_id>/deletion")
@needs("write_check_ins", row=QuestionnaireTotal)
def total_delete(row: QuestionnaireTotal) -> Any:
    """Take a total away, with Undo."""
    with transaction():
        operations.remove_total(row, now=clock.now())
    undo = answers.undo(url_for(".total_restore", public_id=row.public_id))
    return answers.done(url_for(".totals"), _("The total is deleted."), undo)


@blueprint.post("/check-ins/totals/<public_id>/restoration")
@needs("write_check_ins", row=QuestionnaireTotal)
def total_restore(row: QuestionnaireTotal) -> Any:
    """Bring a deleted total back."""
    with transaction():
        operations.bring_back_total(row)
    return answers.done(url_for(".totals"), _("The total is back."))


def _form(data: Any) -> forms.TotalForm:
    form = forms.TotalForm(data)
    form.today = local_today(clock.now())
    return form


def _page(form: forms.TotalForm) -> str:
    return render_template("checkins/total_edit.html", form=form, days_back=form.days_back())
