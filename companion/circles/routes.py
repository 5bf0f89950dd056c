"""HTTP of this feature."""

from flask import Blueprint

from companion.access import needs, public, signed_in  # noqa: F401

blueprint = Blueprint("circles", __name__)


@blueprint.get("/circle/new")
@signed_in
def new() -> str:
    return "new"


@blueprint.get("/circle")
@needs("see_dates")
def show() -> str:
    return "show"


@blueprint.get("/circle/contacts")
@needs("see_dates")
def contacts() -> str:
    return "contacts"
