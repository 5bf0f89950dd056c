"""The page of help with costs."""

from flask import Blueprint, render_template, request

from companion import clock
from companion.access import public
from companion.assistance import forms, queries
from companion.places import country_names

blueprint = Blueprint("assistance", __name__)


@blueprint.get("/assistance")
@public
def index() -> str:
    """Which programmes may help, for the answers in the address."""
    asked = forms.asked_in(request.args)
    return render_template(
        "assistance/programme_find.html",
        asked=asked,
        answers=forms.ANSWERS,
        results=queries.results_for(asked.situation, clock.now().date()),
        territories=country_names(),
    )
