"""Pages of the parts that are asked now and then: movement check, daily-hands list, tapping test."""

from typing import Any

from flask import g, url_for
from flask_babel import gettext as _

from companion import answers
from companion.access import needs
from companion.checkins.routes import blueprint
from companion.checkins.routes.shared import form_of, page_of
from companion.domain.check_in_plan import TAPPING


@blueprint.get("/check-ins/movements")
@needs("write_check_ins")
def movements() -> Any:
    """The weekly movement check of each side."""
    return page_of(form_of(), None, "movements")


@blueprint.get("/check-ins/daily-hands")
@needs("write_check_ins")
def daily_hands() -> Any:
    """The daily-hands list of every two weeks."""
    return page_of(form_of(), None, "daily_hands")


@blueprint.get("/check-ins/tapping")
@needs("write_check_ins")
def tapping() -> Any:
    """The tapping test of each hand, once it was switched on."""
    if TAPPING not in g.standing.circle.check_in_parts:
        return answers.done(url_for(".tracking"), _("The tapping test is off. You can switch it on below."))
    return page_of(form_of(), None, "tapping")
