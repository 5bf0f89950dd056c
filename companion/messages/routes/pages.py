"""HTTP of messages: what was told about an infusion, and words to copy for somebody."""

from datetime import datetime
from typing import Any

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask_babel import gettext as _

from companion import answers, clock
from companion.access import needs, signed_in
from companion.database import transaction
from companion.infusions.models import Infusion, InfusionDay
from companion.infusions.operations import DayAlreadyAnswered, DayIsAhead, NoRoom, change_sentence
from companion.infusions.operations.plans import local_today
from companion.language import chosen_language
from companion.messages import operations, queries, words
from companion.messages.forms import SOMEBODY_ELSE, CopyForm
from companion.messages.models import CopiedMessage
from companion.messages.operations import MOVED, SAID
from companion.reminders.models import NEUTRAL
from companion.reminders.queries import is_ahead
from companion.submissions import once

blueprint = Blueprint("messages", __name__)


@blueprint.app_context_processor
def message_words() -> dict[str, Any]:
    """Words of messages for other pages."""
    return {"message_words": words}


@blueprint.get("/infusions/<public_id>/messages")
@needs("see_dates", row=Infusion)
def index(infusion: Infusion) -> Any:
    """Every message about a course: planned, sent, confirmed, answered, by whom."""
    _refuse_cancelled(infusion)
    now = clock.now()
    return render_template(
        "messages/message_list.html",
        infusion=infusion,
        history=queries.history_of(infusion),
        words=words,
        now=now,
        today=local_today(now, infusion.circle.tz),
    )


@blueprint.get("/infusions/<public_id>/copied-messages/new")
@needs("answer", row=Infusion)
def copy_new(infusion: Infusion) -> Any:
    """For whom, in which language, and how much to say."""
    _refuse_cancelled(infusion)
    members = queries.others_in(infusion.circle_id, g.standing.account)
    first = next(iter(members.items()), None)
    language = first[1].language if first else None
    data = {
        "reader": first[0] if first else SOMEBODY_ELSE,
        "language": language or chosen_language(),
        "privacy": NEUTRAL,
    }
    return _copy_page(infusion, CopyForm(data=data, members=members))


@blueprint.post("/infusions/<public_id>/copied-messages")
@needs("answer", row=Infusion)
@once
def copy(infusion: Infusion) -> Any:
    """Make the words."""
    _refuse_cancelled(infusion)
    form = CopyForm(request.form, members=queries.others_in(infusion.circle_id, g.standing.account))
    if not form.validate():
        return _copy_page(infusion, form), 422
    row = operations.copy_message(
        _day_to_tell(infusion), sender=g.standing.account, now=clock.now(), **form.chosen_values
    )
    url = url_for(".copy_show", public_id=row.public_id)
    return answers.saved(row.public_id, url, _("The message is ready to copy."))


@blueprint.get("/copied-messages/<public_id>")
@needs("answer", row=CopiedMessage)
def copy_show(message: CopiedMessage) -> Any:
    """The words to copy or share, and four buttons for what the reader said."""
    _refuse_cancelled(message.day.infusion)
    now = clock.now()
    return render_template(
        "messages/copied_message_show.html",
        message=message,
        text=operations.text_of(message, now),
        ahead=is_ahead(message.day, now),
        words=words,
    )


@blueprint.post("/copied-messages/<public_id>/answer")
@needs("answer", row=CopiedMessage)
def copy_answer(message: CopiedMessage) -> Any:
    """Note what the reader said; a new date or a reason is asked for on its own page."""
    day, said = message.day, request.form.get("said", "")
    _refuse_cancelled(day.infusion)
    if said not in SAID:
        abort(400)
    if said == MOVED and not g.standing.can("manage_dates"):
        abort(403)
    if day.is_answered:
        return _already(day)
    try:
        with transaction():
            change = operations.note_answer(message, said, account=g.standing.account, now=clock.now())
    except DayAlreadyAnswered:
        return _already(day)
    except (DayIsAhead, NoRoom):
        return redirect(url_for("infusions.completion", public_id=day.public_id), 303)
    if change is None:
        page = "infusions.move" if said == MOVED else "infusions.skip"
        return redirect(url_for(page, public_id=day.public_id), 303)
    undo = answers.undo(url_for("infusions.undo_change", public_id=change.public_id))
    return answers.done(_page_of(day), change_sentence(change), undo)


@blueprint.post("/outages/seen")
@signed_in
def outages_seen() -> Any:
    """Put away what Today says about times without reminders, up to the newest one that it told."""
    try:
        until = datetime.fromisoformat(request.form.get("until", ""))
    except ValueError:
        abort(400)
    if until.tzinfo is None or until > clock.now():
        abort(400)
    with transaction():
        g.account.outages_seen_at = until
    return redirect(url_for("today.show"), 303)


def _already(day: InfusionDay) -> Any:
    return answers.done(_page_of(day), _("This day was already answered. Nothing was changed."))


def _page_of(day: InfusionDay) -> str:
    return url_for("infusions.show", public_id=day.infusion.public_id)


def _day_to_tell(infusion: Infusion) -> InfusionDay:
    """The first day that nobody has answered, else the last."""
    return next((day for day in infusion.days if not day.is_answered), infusion.days[-1])


def _copy_page(infusion: Infusion, form: CopyForm) -> str:
    day = _day_to_tell(infusion)
    return render_template("messages/copied_message_new.html", infusion=infusion, form=form, day=day)


def _refuse_cancelled(infusion: Infusion) -> None:
    """A course that fell out of the plan is gone."""
    if infusion.cancelled_at is not None:
        abort(404)
