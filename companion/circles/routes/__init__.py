"""The care circle: its patient and people, invitations, whom to call, weights."""

from typing import Any

from flask import Blueprint

from companion.circles import queries, words

blueprint = Blueprint("circles", __name__)


@blueprint.app_context_processor
def circle_words() -> dict[str, Any]:
    """Words that pages show, under one name."""
    return {"circle_words": words, "circles_mark": queries.circles_mark}


from companion.circles.routes import circle, invitations, joining, members, touch, trail  # noqa: E402

__all__ = ["blueprint", "circle", "invitations", "joining", "members", "touch", "trail"]
