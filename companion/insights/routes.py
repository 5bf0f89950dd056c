"""HTTP of this feature."""

from flask import Blueprint

from companion.access import needs, public, signed_in  # noqa: F401

blueprint = Blueprint("insights", __name__)


@blueprint.get("/insights")
@needs("see_check_ins")
def show() -> str:
    return "show"
