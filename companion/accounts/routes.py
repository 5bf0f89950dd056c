"""HTTP of this feature."""

from flask import Blueprint

from companion.access import needs, public, signed_in  # noqa: F401

blueprint = Blueprint("accounts", __name__)


@blueprint.get("/sign-in")
@public
def sign_in() -> str:
    return "sign_in"


@blueprint.post("/sign-out")
@signed_in
def sign_out() -> str:
    return "sign_out"


@blueprint.get("/settings")
@signed_in
def settings() -> str:
    return "settings"
