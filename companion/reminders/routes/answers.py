"""HTTP of answer links: a page that changes nothing by itself, four buttons, Undo. No sign-in."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from companion import clock
from companion.access import public
from companion.database import transaction
from companion.formatting import start_words
from companion.infusions.models import PlanChange
from companion.infusions.operations import DayAlreadyAnswered, DayIsAhead, NoRoom, change_sentence
from companion.infusions.words import SKIP_WORDS
from companion.language import in_words_of
from companion.reminders import operations, queries
from companion.reminders.forms import MoveForm, no_room_words
from companion.reminders.operations import LinkIsGone, UndoIsOver
from companion.reminders.queries import AnswerLink
from companion.security import keyed

FORGET = "forget"
"""The choice not to be asked again at the time that was chosen."""

blueprint = Blueprint("reminders", __name__)
keyed(blueprint)


@blueprint.get("/answers/<token>")
@public
def answer(token: str) -> Any:
    """The day and its four buttons, one of their second steps, or what an answer has changed."""
    link = _link(token)
    with in_words_of(link.reader.language):
        change = queries.change_of_link(link, request.args.get("change", "")) or _final_change(link)
        if change is not None and change.undone_at is None:
            return _result_page(link, change)
        try:
            operations.check_link(link, clock.now())
        except LinkIsGone:
            return _gone_page(link)
        if link.day.is_answered:
            return _gone_page(link)
        step = request.args.get("step")
        return _STEPS[step](link) if step in _STEPS else _ask_page(link, taken_back=change is not None)


@blueprint.post("/answers/<token>")
@public
def save_answer(token: str) -> Any:
    """One answer; the first one counts. Moved, Skipped and Later have a second step; Later is no answer."""
    link = _link(token)
    chosen = request.form.get("answer", "")
    if chosen not in _ANSWERS:
        abort(HTTPStatus.BAD_REQUEST)
    with in_words_of(link.reader.language):
        try:
            return _ANSWERS[chosen](link)
        except DayAlreadyAnswered:
            return _to_page(link)
        except LinkIsGone:
            return _gone_page(link)
        except DayIsAhead:
            return _to_page(link)
        except NoRoom as error:
            return _ask_page(link, problem=no_room_words(error)), HTTPStatus.UNPROCESSABLE_ENTITY


@blueprint.post("/answers/<token>/undo")
@public
def undo_answer(token: str) -> Any:
    """Take an answer of this link back within its ten minutes."""
    link = _link(token)
    change = queries.change_of_link(link, request.form.get("change", ""))
    if change is None:
        abort(HTTPStatus.NOT_FOUND)
    with in_words_of(link.reader.language):
        try:
            with transaction():
                operations.undo_answer(link, change, clock.now())
        except UndoIsOver:
            return _result_page(link, change, too_late=True), HTTPStatus.CONFLICT
        return _to_page(link, change=change.public_id)


def _link(token: str) -> AnswerLink:
    link = queries.answer_link(token)
    if link is None:
        page = render_template("reminders/answer_gone.html", link=None)
        abort(make_response(page, HTTPStatus.NOT_FOUND))
    return link


def _say_done(link: AnswerLink) -> Any:
    return _saved(link, lambda: operations.answer_done(link, clock.now()))


def _say_still_on(link: AnswerLink) -> Any:
    return _saved(link, lambda: operations.answer_still_on(link, clock.now()))


def _say_moved(link: AnswerLink) -> Any:
    if "to_on" not in request.form:
        return _to_page(link, step="moved")
    form = MoveForm(request.form, planned_on=link.day.planned_on)
    valid, to_on = form.validate(), form.to_on.data
    if not valid or to_on is None:
        again = queries.same_move(link, to_on)
        return _to_page(link, change=again.public_id) if again else _move_page(link, form)
    try:
        return _saved(link, lambda: operations.answer_moved(link, to_on, clock.now()))
    except NoRoom as error:
        form.refuse(error)
        return _move_page(link, form)


def _say_skipped(link: AnswerLink) -> Any:
    if "reason" not in request.form:
        return _to_page(link, step="skipped")
    return _saved(link, lambda: operations.answer_skipped(link, request.form["reason"], clock.now()))


def _say_later(link: AnswerLink) -> Any:
    """Shows the times to choose from, keeps the chosen one, or forgets it again."""
    at = request.form.get("at", "")
    if at == FORGET:
        with transaction():
            operations.forget_later(link)
    elif at:
        try:
            with transaction():
                operations.remind_later(link, at, clock.now())
        except operations.NotAChoice:
            return _later_page(link, problem=_("This time is over. Choose another one.")), HTTPStatus.CONFLICT
    return _to_page(link, step="later")


_ANSWERS: dict[str, Callable[[AnswerLink], Any]] = {
    "done": _say_done,
    "still_on": _say_still_on,
    "moved": _say_moved,
    "skipped": _say_skipped,
    "later": _say_later,
}


def _saved(link: AnswerLink, save: Callable[[], PlanChange]) -> Any:
    with transaction():
        change_id = save().public_id
    return _to_page(link, change=change_id)


def _to_page(link: AnswerLink, **values: Any) -> Any:
    token = queries.answer_token(link.delivery, link.day)
    return redirect(url_for("reminders.answer", token=token, **values), HTTPStatus.SEE_OTHER)


def _final_change(link: AnswerLink) -> PlanChange | None:
    """The answer that settled the day, where this very reader gave it not long ago."""
    if not link.day.is_answered:
        return None
    change = queries.last_change(link.day)
    mine = change is not None and change.account_id == link.reader.id
    return change if change and mine and clock.now() < operations.undo_until(change) else None


def _ask_page(link: AnswerLink, taken_back: bool = False, problem: str = "") -> str:
    ahead = queries.is_ahead(link.day, clock.now())
    return _page("answer_show", link, ahead=ahead, taken_back=taken_back, problem=problem)


def _move_page(link: AnswerLink, form: MoveForm | None = None) -> Any:
    shown = form or MoveForm(planned_on=link.day.planned_on)
    page = _page("answer_move", link, form=shown)
    return (page, HTTPStatus.UNPROCESSABLE_ENTITY) if form else page


def _skip_page(link: AnswerLink) -> str:
    return _page("answer_skip", link, reasons=SKIP_WORDS)


def _later_page(link: AnswerLink, problem: str = "") -> str:
    now, snooze = clock.now(), queries.snooze_of(link.delivery)
    chosen_at = snooze.remind_at if snooze is not None and snooze.remind_at > now else None
    choices, next_at = operations.choices(link, now), queries.next_message_at(link, now)
    return _page("answer_later", link, choices=choices, chosen_at=chosen_at, next_at=next_at, problem=problem)


_STEPS: dict[str | None, Callable[[AnswerLink], Any]] = {
    "moved": _move_page,
    "skipped": _skip_page,
    "later": _later_page,
}


def _result_page(link: AnswerLink, change: PlanChange, too_late: bool = False) -> str:
    can_undo = not too_late and clock.now() < operations.undo_until(change)
    sentence = change_sentence(change)
    return _page("answer_saved", link, change=change, sentence=sentence, can_undo=can_undo, too_late=too_late)


def _gone_page(link: AnswerLink) -> Any:
    return _page("answer_gone", link), HTTPStatus.GONE


def _page(name: str, link: AnswerLink, **values: Any) -> str:
    return render_template(
        f"reminders/{name}.html",
        link=link,
        day=link.day,
        tz=link.reader.tz,
        start=start_words(link.day, link.reader.tz),
        token=queries.answer_token(link.delivery, link.day),
        red_flags=operations.red_flags(),
        **values,
    )
