"""What the pages of infusions have in common: today at the infusion's place, and the answer after a change."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from flask import abort, g, url_for

from companion import answers, clock
from companion.database import transaction
from companion.infusions.models import Infusion, InfusionDay, PlanChange
from companion.infusions.operations import change_sentence
from companion.infusions.operations.plans import local_today


def today_here() -> date:
    """Today in the circle's home zone, where infusions are planned."""
    return local_today(clock.now(), g.standing.circle.tz)


def page_of(infusion: Infusion, **values: Any) -> str:
    """The address of a course."""
    return url_for("infusions.show", public_id=infusion.public_id, **values)


def taken_away(row: Any, delete: Callable[[Any, datetime], None], words: str, *, back: str) -> Any:
    """Delete what belongs to a course; its page says so, with an Undo that asks the endpoint `back` for it again."""
    with transaction():
        delete(row, clock.now())
    return answers.done(page_of(row.infusion), words, answers.undo(url_for(back, public_id=row.public_id)))


def told(change: PlanChange, url: str) -> Any:
    """Back to a page with one sentence of what changed, and Undo."""
    return answers.done(url, change_sentence(change), undo_of(change))


def undo_of(change: PlanChange) -> answers.Undo:
    """The button that takes a change back."""
    return answers.undo(url_for("infusions.undo_change", public_id=change.public_id))


def refuse_cancelled(row: Infusion | InfusionDay) -> None:
    """A course that fell out of the plan is gone, for its days too."""
    infusion = row.infusion if isinstance(row, InfusionDay) else row
    if infusion.cancelled_at is not None:
        abort(404)
