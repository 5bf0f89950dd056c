"""HTTP of this feature."""

from flask import Blueprint

from companion.access import needs, public, signed_in  # noqa: F401

blueprint = Blueprint("infusions", __name__)


@blueprint.get("/infusions")
@needs("see_dates")
def index() -> str:
    return "index"


@blueprint.get("/regimens")
@needs("see_dates")
def regimens() -> str:
    return "regimens"
