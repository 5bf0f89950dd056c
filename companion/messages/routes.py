"""HTTP of messages: what was told about an infusion."""

from typing import Any

from flask import Blueprint, abort, render_template

from companion import clock
from companion.access import needs
from companion.infusions.models import Infusion
from companion.infusions.operations.plans import local_today
from companion.messages import queries, words

blueprint = Blueprint("messages", __name__)


@blueprint.get("/infusions/<public_id>/messages")
@needs("see_dates", row=Infusion)
def index(infusion: Infusion) -> Any:
    """Every message about a course: planned, sent, confirmed, answered, by whom."""
    if infusion.cancelled_at is not None:
        abort(404)
    now = clock.now()
    return render_template(
        "messages/message_list.html",
        infusion=infusion,
        history=queries.history_of(infusion),
        words=words,
        now=now,
        today=local_today(now, infusion.circle.tz),
    )
