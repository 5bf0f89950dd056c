"""Pages of the medical card: look at it, print it, say what stands on it."""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, g, render_template, request, url_for
from flask_babel import gettext as _

from companion import answers, clock
from companion.access import needs
from companion.circles.queries import language_of_patient
from companion.database import transaction
from companion.formatting import local_date
from companion.language import chosen_language
from companion.medical_cards import forms, operations, queries

blueprint = Blueprint("medical_cards", __name__)


@blueprint.get("/medical-card")
@needs("manage_dates")
def show() -> str:
    """The card in the patient's language and the other one, to show or to print for the wallet."""
    circle = g.standing.circle
    first = language_of_patient(circle) or chosen_language()
    today = local_date(clock.now(), circle.tz)
    return render_template("medical_cards/card_show.html", faces=queries.faces_of(circle, today, first))


@blueprint.get("/medical-card/edit")
@needs("keep_circle")
def edit() -> str:
    """What stands on the card beside what the circle knows."""
    return _edit_page(forms.CardForm.of(queries.card_of(g.standing.circle)))


@blueprint.post("/medical-card")
@needs("keep_circle")
def save() -> Any:
    """Keep it, with Undo."""
    form = forms.CardForm(request.form)
    if not form.validate():
        return _edit_page(form), HTTPStatus.UNPROCESSABLE_ENTITY
    with transaction():
        before = operations.save_card(g.standing.circle, form.facts(), now=clock.now())
    fields = {name: "y" if value is True else str(value) for name, value in before.items() if value}
    undo = answers.undo(url_for(".save"), **fields)
    here = g.standing.circle.public_id
    return answers.saved(here, url_for(".show", circle=here), _("Saved."), undo)


def _edit_page(form: forms.CardForm) -> str:
    return render_template("medical_cards/card_edit.html", form=form)
