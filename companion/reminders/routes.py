"""HTTP of this feature."""

from flask import Blueprint

from companion.access import needs, public, signed_in  # noqa: F401

blueprint = Blueprint("reminders", __name__)


@blueprint.get("/answers/<token>")
@public
def answer(token: str) -> str:
    return "answer"
