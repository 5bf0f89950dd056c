"""What the pages of this feature have in common."""

from flask import abort, url_for

from companion import answers
from companion.infusions.models import Infusion
from companion.preparations.models import PreparationChange


def refuse_cancelled(infusion: Infusion) -> None:
    """A course that fell out of the plan is gone."""
    if infusion.cancelled_at is not None:
        abort(404)


def undo_of(change: PreparationChange) -> answers.Undo:
    """The button that takes a change back."""
    return answers.undo(url_for("preparations.undo_change", public_id=change.public_id))
