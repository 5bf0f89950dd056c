"""One infusion or one visit as a file for any calendar program."""

from typing import Any

from flask import Response, abort, g
from flask_babel import gettext as _

from companion import clock
from companion.access import needs
from companion.calendar import operations, words
from companion.calendar.models import FULL
from companion.calendar.operations.entries import Published
from companion.calendar.routes import blueprint
from companion.database import transaction
from companion.infusions.models import Infusion
from companion.language import chosen_language
from companion.visits.models import Visit


@blueprint.get("/calendar/infusions/<public_id>.ics")
@needs("see_dates", row=Infusion)
def infusion_file(infusion: Infusion) -> Any:
    """The days of one course with the ids and sequences of the feeds, so that a calendar knows them again."""
    if infusion.cancelled_at is not None:
        abort(404)
    with transaction():
        return _file(operations.publish_infusion(infusion, clock.now()))


@blueprint.get("/calendar/visits/<public_id>.ics")
@needs("see_dates", row=Visit)
def visit_file(visit: Visit) -> Any:
    """One visit, as above."""
    with transaction():
        return _file(operations.publish_visit(visit, clock.now()))


def _file(told: list[Published]) -> Response:
    notices = [(entry, words.notice_of(entry, row, FULL, g.account)) for entry, row in told]
    body = operations.compose_calendar(notices, name=str(_("Appointments")), language=chosen_language())
    response = Response(body, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    return response
