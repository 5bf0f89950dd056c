"""Export: a page that says what one takes along, and the file."""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, g, render_template, stream_with_context

from companion import clock
from companion.access import decides_who_sees, signed_in
from companion.database import transaction
from companion.exchange.queries import exports
from companion.exchange.queries.archives import Export
from companion.extensions import limiter
from companion.language import chosen_language
from companion.trail.models import EXPORTED
from companion.trail.operations import tell

blueprint = Blueprint("exchange", __name__)

EXPORT_LIMIT = "6 per minute; 30 per hour"
"""By address of the network: an export reads all there is."""


@blueprint.get("/export")
@signed_in
def show() -> str:
    return render_template("exchange/export_show.html", circles=exports.circles_kept(g.account))


@blueprint.post("/export/circle")
@limiter.limit(EXPORT_LIMIT)
@decides_who_sees()
def circle_file() -> Any:
    """Everything of a circle, with the account of whoever keeps it. Nothing goes out that the trail does not tell."""
    with transaction():
        tell(g.standing.circle, EXPORTED, "everything")
    return _file(exports.export_of([g.standing.circle], g.account, language=chosen_language(), now=clock.now()))


@blueprint.post("/export/account")
@limiter.limit(EXPORT_LIMIT)
@signed_in
def account_file() -> Any:
    """Everything of one's own account."""
    return _file(exports.export_of([], g.account, language=chosen_language(), now=clock.now()))


def _file(export: Export) -> Response:
    response = Response(stream_with_context(export.stream()), HTTPStatus.OK, mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{exports.file_name(export)}"'
    response.headers["Cache-Control"] = "no-store"
    return response
