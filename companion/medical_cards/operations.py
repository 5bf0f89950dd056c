"""Writes of the medical card."""

from datetime import datetime
from typing import Any

from companion.circles.models import Circle
from companion.extensions import db
from companion.medical_cards import queries
from companion.medical_cards.models import MedicalCard

FACTS = ("has_mmn", "conditions", "allergy_answer", "allergies")


def save_card(circle: Circle, facts: dict[str, Any], *, now: datetime) -> dict[str, Any]:
    """Put these facts on the card and return what stood there before."""
    card = queries.card_of(circle)
    if card is None:
        card = MedicalCard(circle_id=circle.id, has_mmn=False, saved_at=now)
        db.session.add(card)
        db.session.flush()
    before = {name: getattr(card, name) for name in FACTS}
    for name in FACTS:
        setattr(card, name, facts.get(name))
    card.has_mmn = bool(facts.get("has_mmn"))
    card.saved_at = now
    db.session.flush()
    return before
