"""How large the patient's keys are: set up by whoever helps, also from far away."""

from http import HTTPStatus
from typing import Any

from flask import abort, g, render_template, request, url_for
from flask_babel import gettext as _

from companion import answers
from companion.access import needs
from companion.accounts.models import Account
from companion.accounts.operations import change_preferences
from companion.circles import forms, queries
from companion.circles.routes import blueprint
from companion.database import transaction


@blueprint.get("/circle/touch")
@needs("manage_dates")
def touch() -> Any:
    """How large the patient's keys are: for whoever sets the phone up, also from far away."""
    patient = _patient()
    form = forms.PatientTouchForm(data={"thumb": patient.thumb, "extra_large": patient.extra_large})
    return _touch_page(form)


@blueprint.post("/circle/touch")
@needs("manage_dates")
def save_touch() -> Any:
    """Keep it; the patient can change it at any time."""
    form, patient = forms.PatientTouchForm(request.form), _patient()
    if not form.validate():
        return _touch_page(form), HTTPStatus.UNPROCESSABLE_ENTITY
    with transaction():
        before = change_preferences(patient, thumb=form.thumb.data, extra_large=form.extra_large.data)
    fields = {"thumb": before["thumb"]} | ({"extra_large": "y"} if before["extra_large"] else {})
    undo = answers.undo(url_for("circles.save_touch"), **fields)
    name = g.standing.circle.shown_name or _("the patient")
    return answers.done(
        url_for("circles.show", circle=g.standing.circle.public_id), _("Saved for %(name)s.", name=name), undo
    )


def _patient() -> Account:
    """The account of the patient; a patient without one has no pages of their own."""
    account = queries.patient_of(g.standing.circle)
    if account is None:
        abort(HTTPStatus.NOT_FOUND)
    return account


def _touch_page(form: forms.PatientTouchForm) -> str:
    return render_template("circles/touch_edit.html", form=form)
