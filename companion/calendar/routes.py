"""HTTP of this feature."""

from flask import Blueprint

from companion.access import needs, public, signed_in  # noqa: F401

blueprint = Blueprint("calendar", __name__)


@blueprint.get("/calendar")
@needs("see_dates")
def agenda() -> str:
    return "agenda"
