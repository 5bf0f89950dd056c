"""HTTP of this feature."""

from flask import Blueprint

from companion.access import needs, public, signed_in  # noqa: F401

blueprint = Blueprint("checkins", __name__)


@blueprint.get("/check-ins")
@needs("see_check_ins")
def index() -> str:
    return "index"


@blueprint.get("/check-ins/new")
@needs("write_check_ins")
def new() -> str:
    return "new"
