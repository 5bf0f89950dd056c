"""The calendar: agenda and month, feeds, and files."""

from typing import Any

from flask import Blueprint

from companion.calendar import words

blueprint = Blueprint("calendar", __name__)


@blueprint.app_context_processor
def calendar_words() -> dict[str, Any]:
    """Words that pages show, under one name."""
    return {"calendar_words": words}


from companion.calendar.routes import agenda, feeds, files  # noqa: E402

__all__ = ["agenda", "blueprint", "feeds", "files"]
