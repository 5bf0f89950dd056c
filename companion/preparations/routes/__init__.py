"""Pages of duties and of things to prepare; the page of an infusion and Today show parts of them."""

from typing import Any

from flask import Blueprint

from companion.infusions.models import Infusion
from companion.preparations import queries, words

blueprint = Blueprint("preparations", __name__)


def around(infusion: Infusion) -> dict[str, Any]:
    """Duties and things to prepare of a course, for the pages that show it."""
    return {"duties": queries.day_duties(infusion), "items": queries.list_of(infusion)}


@blueprint.app_context_processor
def preparation_words() -> dict[str, Any]:
    """What pages of lower features may not import they find here by name."""
    return {"preparation_words": words, "around_infusion": around}


from companion.preparations.routes import duties, lists  # noqa: E402

__all__ = ["blueprint", "duties", "lists"]
