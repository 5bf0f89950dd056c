"""HTTP of this feature."""

from flask import Blueprint

from companion.access import needs, public, signed_in  # noqa: F401

blueprint = Blueprint("today", __name__)


@blueprint.get("/")
@public
def show() -> str:
    return "show"
