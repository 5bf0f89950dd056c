"""HTTP of this feature."""

from flask import Blueprint

from companion.access import needs, public

blueprint = Blueprint("today", __name__)


@blueprint.get("/")
@public
def show() -> str:
    return "show"


@blueprint.get("/first-steps")
@needs("keep_circle")
def first_steps() -> str:
    return "first_steps"
