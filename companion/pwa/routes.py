"""HTTP of this feature."""

from flask import Blueprint

from companion.access import needs, public, signed_in  # noqa: F401

blueprint = Blueprint("pwa", __name__)


@blueprint.get("/sw.js")
@public
def service_worker() -> str:
    return "service_worker"


@blueprint.get("/manifest.webmanifest")
@public
def manifest() -> str:
    return "manifest"


@blueprint.get("/offline")
@public
def offline() -> str:
    return "offline"
