"""Pages of infusions: plans, courses, the answers for their days, lots and reactions."""

from typing import Any

from flask import Blueprint

from companion.infusions import reaction_words, urgent_words, vial_words, words

blueprint = Blueprint("infusions", __name__)


@blueprint.app_context_processor
def infusion_words() -> dict[str, Any]:
    """Words that other pages show too, under one name."""
    return {
        "infusion_words": words,
        "reaction_words": reaction_words,
        "urgent_words": urgent_words,
        "vial_words": vial_words,
    }


from companion.infusions.routes import (  # noqa: E402
    add_vials,
    courses,
    days,
    diary,
    given_records,
    nurse_links,
    phases,
    photos,
    reactions,
    regimens,
    slips,
    steps,
    vials,
)

__all__ = [
    "add_vials",
    "blueprint",
    "courses",
    "days",
    "diary",
    "given_records",
    "nurse_links",
    "phases",
    "photos",
    "reactions",
    "regimens",
    "slips",
    "steps",
    "vials",
]
