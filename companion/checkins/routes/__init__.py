"""Pages of check-ins: the daily question, movements and everyday hands, tapping, totals, and what is tracked."""

from typing import Any

from flask import Blueprint

from companion.checkins import forms, words
from companion.checkins.models import CONTEXTS, SYMPTOMS, TASK_KEYS, WARMTHS
from companion.domain.check_in_plan import PARTS, RHYTHMS
from companion.domain.hand_function import DAILY_HANDS, MOVEMENTS
from companion.domain.measurements import UNIT_KINDS

blueprint = Blueprint("checkins", __name__)

WORDS = {
    "hands": forms.HAND_WORDS,
    "ratings": forms.RATING_WORDS,
    "symptom_words": forms.SYMPTOM_WORDS,
    "symptoms": SYMPTOMS,
    "answer_words": forms.ANSWER_WORDS,
    "task_words": forms.task_words,
    "last_words": forms.last_words,
    "task_key_words": forms.TASK_WORDS,
    "task_keys": TASK_KEYS,
    "units": tuple(UNIT_KINDS),
    "sides": words.SIDE_WORDS,
    "movements": MOVEMENTS,
    "movement_words": words.MOVEMENT_WORDS,
    "movement_hints": words.MOVEMENT_HINTS,
    "movement_pictures": words.MOVEMENT_PICTURES,
    "movement_answers": words.MOVEMENT_ANSWER_WORDS,
    "daily_hands": DAILY_HANDS,
    "daily_words": words.DAILY_WORDS,
    "daily_answers": words.DAILY_ANSWER_WORDS,
    "warmths": WARMTHS,
    "warmth_words": words.WARMTH_WORDS,
    "contexts": CONTEXTS,
    "context_words": words.CONTEXT_WORDS,
    "rhythms": RHYTHMS,
    "rhythm_words": words.RHYTHM_WORDS,
    "parts": PARTS,
    "part_words": words.PART_WORDS,
}


@blueprint.app_context_processor
def check_in_words() -> dict[str, Any]:
    """Words that other pages show too, under one name."""
    return {"check_in_words": WORDS}


from companion.checkins.routes import check_ins, parts, totals  # noqa: E402

__all__ = ["blueprint", "check_ins", "parts", "totals"]
