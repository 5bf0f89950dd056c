"""HTTP of this feature."""

from flask import Blueprint

from companion.access import needs, public, signed_in  # noqa: F401

blueprint = Blueprint("api", __name__)


@blueprint.get("/api/v1/openapi.json")
@public
def document() -> str:
    return "document"
