"""What became of a message, in plain words: what it means, and what one can do."""

from datetime import datetime
from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from companion.delivery.channels import EMAIL, HOOK, PUSH
from companion.delivery.models import (
    ACCEPTED,
    CANCELLED,
    EXPIRED,
    FAILED,
    IN_DIGEST,
    LEASED,
    SUPERSEDED,
    SUPPRESSED,
    Delivery,
)
from companion.delivery.queries import Outage
from companion.domain import retry
from companion.formatting import clock_time, local_date, when
from companion.messages.models import CopiedMessage
from companion.messages.queries import Answered, Told

STAGE_WORDS = {
    "week_before": _l("A week before"),
    "day_before": _l("The day before"),
    "morning": _l("Just before it begins"),
    "due_now": _l("When it begins"),
    "did_it_happen": _l("Did it happen?"),
    "follow_up": _l("Asked again"),
    "later": _l("Asked again later"),
    "changed": _l("The date changed"),
    "nobody_drives": _l("Nobody drives yet"),
    "no_answer": _l("Nobody has answered"),
    "no_answer_after": _l("Nobody has answered"),
    "unreachable": _l("Messages do not arrive"),
    "answer": _l("Somebody has answered"),
    "nudge": _l("A reminder to check in"),
    "to_prepare": _l("Things to prepare"),
    "runs_low": _l("Supplies run low"),
}
ANSWER_WORDS = {
    "done": _l("Done"),
    "partial": _l("Given in part"),
    "skip": _l("Skipped"),
    "confirm": _l("Still on"),
    "move": _l("Moved"),
}
SAID_WORDS = {"done": _l("Done"), "still_on": _l("Still on"), "moved": _l("Moved"), "skipped": _l("Skipped")}
ANSWER_ICONS = {"done": "check", "partial": "check", "skip": "skip", "confirm": "check", "move": "moved"}
REASONS = {
    "date or time changed": _l("Not sent: the date or time changed."),
    "answered": _l("Not sent: somebody had answered."),
    "not planned any more": _l("Not sent: this date is not planned any more."),
    "not for this reader any more": _l("Not sent: it is not for this person any more."),
    "not by this way any more": _l("Not sent: it takes another way now."),
    "another message says it": _l("Not sent: a later message says it."),
    "somebody drives, or nobody has to": _l("Not sent: somebody drives, or nobody has to."),
    "answered, or nobody is to be told": _l("Not sent: somebody had answered."),
}


class State(NamedTuple):
    """An icon, what is so, and what one can do about it."""

    icon: str
    words: str
    advice: str = ""


def stage_words(stage: str) -> str:
    """The heading of a stage."""
    return str(STAGE_WORDS.get(stage, _("Message")))


def way_words(told: Told) -> str:
    """`phone Pixel`, `mail` or the operator's service."""
    if told.delivery.channel == PUSH:
        return str(_("device %(name)s", name=told.device) if told.device else _("a device"))
    if told.delivery.channel == HOOK:
        return str(_("the operator's service"))
    return str(_("mail"))


def reader_words(told: Told, viewer_id: int) -> str:
    """Who a message is for; those who have left the circle are not named."""
    return _person(told.reader_id, told.reader, viewer_id)


def answer_words(answered: Answered, viewer_id: int) -> str:
    """Who said it and when, and by which way the question came."""
    who = _person(answered.by_id, answered.by, viewer_id)
    if answered.change.delivery_id is None:
        return str(_("%(who)s, %(when)s, in the app", who=who, when=when(answered.change.at)))
    if answered.channel == EMAIL:
        return str(_("%(who)s, %(when)s, from a mail", who=who, when=when(answered.change.at)))
    return str(_("%(who)s, %(when)s, from a message", who=who, when=when(answered.change.at)))


def span_words(span: Outage) -> str:
    """From when to when reminders were off, on the reader's clock."""
    same_day = local_date(span.from_at) == local_date(span.to_at)
    end = clock_time(span.to_at) if same_day else when(span.to_at)
    return str(_("%(first)s to %(last)s", first=when(span.from_at), last=end))


def late_words(row: Delivery) -> str:
    """What became of a message that was due meanwhile."""
    if row.state == ACCEPTED and row.settled_at is not None:
        return str(_("came late, %(time)s", time=clock_time(row.settled_at)))
    if row.state == EXPIRED:
        return str(_("not sent, too late"))
    return str(_("could not be delivered") if row.state == FAILED else _("not sent yet"))


def copied_words(message: CopiedMessage) -> str:
    """What became of a copied message: what its reader said, as the sender noted it."""
    answer = message.answer
    if answer is None or message.said_at is None:
        return str(_("No answer noted: unknown."))
    return str(_("Said: %(answer)s, %(when)s", answer=SAID_WORDS[answer], when=when(message.said_at)))


def state_of(told: Told, now: datetime) -> State:
    """What became of a message, as far as anybody knows; what is unknown is said to be."""
    row = told.delivery
    if row.state == ACCEPTED:
        return _accepted(row)
    if row.state == FAILED:
        return State("alert", str(_("Could not be delivered.")), _advice(row))
    if row.reason == IN_DIGEST:
        return State("mail", str(_("Sent with others in one message.")))
    if row.state in _ENDS:
        words = REASONS.get(row.reason or "") if row.state != EXPIRED else None
        return State("skip", str(words or _ENDS[row.state]))
    return _open(row, now)


_ENDS = {
    EXPIRED: _l("Not sent: it was too late to be of use."),
    SUPERSEDED: _l("Not sent: another message says it."),
    CANCELLED: _l("Not sent: not needed any more."),
    SUPPRESSED: _l("Not sent: not needed any more."),
}


def _accepted(row: Delivery) -> State:
    at = when(row.settled_at) if row.settled_at else ""
    if row.channel == PUSH and row.confirmed_at:
        return State("check", str(_("Shown on the device %(when)s", when=when(row.confirmed_at))))
    if row.channel == PUSH:
        return State("bell", str(_("Sent %(when)s", when=at)), str(_("Unknown whether the device showed it.")))
    if row.channel == HOOK:
        return State("out", str(_("Handed on %(when)s", when=at)))
    return State("mail", str(_("Sent %(when)s", when=at)))


def _open(row: Delivery, now: datetime) -> State:
    if row.state == LEASED:
        return State("wait", str(_("Being sent now")))
    if row.attempt:
        tried = ngettext("Tried once. Next try:", "Tried %(num)s times. Next try:", row.attempt)
        return State("wait", f"{tried} {when(max(row.next_attempt_at, now))}", _advice(row))
    if row.due_at <= now:
        return State("wait", str(_("Waiting to be sent since %(when)s", when=when(row.due_at))))
    return State("clock", str(_("Planned for %(when)s", when=when(row.due_at))))


def _advice(row: Delivery) -> str:
    """What a refusal means, and what to do."""
    result = (row.reason or "").partition(" ")[0]
    if result == retry.PERMANENT_ADDRESS:
        if row.channel == PUSH:
            return str(_("The device takes no messages any more. Switch them on there again."))
        return str(_("This mail address does not work. Ask the reader for another one."))
    if result == retry.MAYBE_SENT:
        return str(_("Unknown whether it arrived: the connection broke off."))
    if result == retry.TEMPORARY:
        return str(_("The way to this reader was closed for the moment."))
    return str(_("The fault is on our side. Tell whoever runs this app."))


def _person(account_id: int | None, name: str | None, viewer_id: int) -> str:
    if account_id is None:
        return str(_("Somebody who left the circle"))
    if account_id == viewer_id:
        return str(_("%(name)s (you)", name=name) if name else _("You"))
    return name or str(_("A member without a name"))
