"""HTTP of this feature."""

from flask import Blueprint

from companion.access import needs, public, signed_in  # noqa: F401

blueprint = Blueprint("learn", __name__)


@blueprint.get("/learn")
@public
def index() -> str:
    return "index"


@blueprint.get("/learn/<slug>")
@public
def show(slug: str) -> str:
    return "show"


@blueprint.get("/guide")
@public
def guide() -> str:
    return "guide"


@blueprint.get("/emergency")
@public
def emergency() -> str:
    return "emergency"
