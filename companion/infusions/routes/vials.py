"""Lots of a course: add, delete, put back."""

from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _

from companion import answers, clock
from companion.access import needs
from companion.database import transaction
from companion.infusions import operations
from companion.infusions.forms.vials import VialForm
from companion.infusions.models import Infusion, Vial
from companion.infusions.routes import blueprint
from companion.infusions.routes.shared import page_of, refuse_cancelled
from companion.submissions import once


@blueprint.get("/infusions/<public_id>/vials/new")
@needs("answer", row=Infusion)
def vial_new(infusion: Infusion) -> Any:
    """An empty lot; nothing is taken over from earlier ones, so that no number is wrong by habit."""
    refuse_cancelled(infusion)
    return _vial_page(infusion, VialForm())


@blueprint.post("/infusions/<public_id>/vials")
@needs("answer", row=Infusion)
@once
def vial_create(infusion: Infusion) -> Any:
    """Add one lot."""
    refuse_cancelled(infusion)
    form = VialForm(request.form)
    if not form.validate():
        return _vial_page(infusion, form), 422
    vial = operations.add_vial(infusion, now=clock.now(), **form.vial())
    undo = answers.undo(url_for(".vial_delete", public_id=vial.public_id))
    url = url_for(".vial_new", public_id=infusion.public_id) if "another" in request.form else page_of(infusion)
    return answers.saved(vial.public_id, url, _("Lot %(lot)s is saved.", lot=vial.lot), undo)


@blueprint.post("/vials/<public_id>/deletion")
@needs("answer", row=Vial)
def vial_delete(vial: Vial) -> Any:
    """Take a lot away."""
    with transaction():
        operations.delete_record(vial, clock.now())
    undo = answers.undo(url_for(".vial_restore", public_id=vial.public_id))
    return answers.done(page_of(vial.infusion), _("Lot %(lot)s is deleted.", lot=vial.lot), undo)


@blueprint.post("/vials/<public_id>/restoration")
@needs("answer", row=Vial)
def vial_restore(vial: Vial) -> Any:
    """Put a deleted lot back."""
    with transaction():
        operations.restore_record(vial)
    return answers.done(page_of(vial.infusion), _("Lot %(lot)s is back.", lot=vial.lot))


def _vial_page(infusion: Infusion, form: VialForm) -> str:
    return render_template("infusions/vial_edit.html", infusion=infusion, form=form)
