"""Who writes about which kind of subject, and the message that a letter becomes for its reader."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import ngettext

from companion.accounts.models import Account
from companion.delivery.channels import EMAIL
from companion.delivery.channels.base import AnyMessage
from companion.delivery.models import Delivery
from companion.delivery.operations import page_url, write
from companion.domain.escalation import ESCALATION
from companion.domain.home_reminders import PREPARATION, SUPPLY
from companion.domain.nudges import CHECK_IN
from companion.extensions import db
from companion.reminders import queries
from companion.reminders.models import FULL, NEUTRAL, TIME_ONLY
from companion.reminders.operations.answered import answer_letter
from companion.reminders.operations.escalations import escalation_letter
from companion.reminders.operations.home import preparation_letter, supply_letter
from companion.reminders.operations.messages import Letter, lock_screen_words, reading_as, written
from companion.reminders.operations.notices import day_letter, drive_letter, visit_letter
from companion.reminders.operations.nudges import nudge_letter
from companion.reminders.operations.stops import StopLink, mail_is_stopped, stop_token
from companion.reminders.queries import ANSWER, DRIVE, INFUSION_DAY, VISIT

WRITERS: dict[str, Callable[[Delivery, datetime], Letter | None]] = {
    INFUSION_DAY: day_letter,
    VISIT: visit_letter,
    DRIVE: drive_letter,
    CHECK_IN: nudge_letter,
    PREPARATION: preparation_letter,
    SUPPLY: supply_letter,
    ESCALATION: escalation_letter,
    ANSWER: answer_letter,
}
"""What a message of each kind says; None where it is not wanted any more."""


def compose(delivery: Delivery, now: datetime) -> AnyMessage | None:
    """The message of a delivery in its reader's words; None when it is not wanted any more."""
    reader = db.session.get(Account, delivery.recipient_id)
    if reader is None:
        return None
    with reading_as(reader) as language:
        letter = WRITERS[delivery.subject_kind](delivery, now)
        return written(delivery, letter, language) if letter else None


@dataclass(frozen=True, slots=True)
class Line:
    """One reminder of a digest."""

    lead: str
    when: str
    link: str
    button: str


def compose_digest(delivery: Delivery, now: datetime) -> AnyMessage | None:
    """What is still so of the messages that became this one; None when nothing is."""
    reader = db.session.get(Account, delivery.recipient_id)
    if reader is None:
        return None
    with reading_as(reader) as language:
        letters = _letters_in(delivery, now)
        if not letters:
            return None
        lines = [Line(one.words.lead, one.words.when, one.link, one.words.button) for one in letters]
        flags = [line for one in letters for line in one.words.red_flags]
        title = ngettext("%(num)s reminder is waiting for you", "%(num)s reminders are waiting for you", len(lines))
        return write(
            delivery,
            "emails/digest",
            language=language,
            title=title,
            body=_digest_body(letters),
            link=page_url("today.show"),
            heading=title,
            lines=lines,
            red_flags=list(dict.fromkeys(flags)),
            **(_links_of(delivery, reader) if delivery.channel == EMAIL else {}),
        )


def _links_of(digest: Delivery, reader: Account) -> dict[str, Any]:
    """Where the reader of a mail changes such reminders and stops such mails, which they do for one circle."""
    circle = queries.circle_of_digest(digest)
    if circle is None:
        return {"change_url": page_url("rules.show")}
    stop = page_url("stops.show", token=stop_token(StopLink(circle, reader)))
    return {"change_url": page_url("rules.show", circle=circle.public_id), "stop_url": stop}


def _letters_in(digest: Delivery, now: datetime) -> list[Letter]:
    """The letters of a digest's messages, the latest about each subject, in order of their due times; in a mail,
    none of a circle whose mails its reader has stopped."""
    useful = [row for row in queries.gathered_in(digest) if row.useful_until > now]
    if digest.channel == EMAIL:
        useful = [row for row in useful if not mail_is_stopped(row)]
    latest = {(row.subject_kind, row.subject_id): row for row in useful}
    rows = sorted(latest.values(), key=lambda row: (row.due_at, row.id))
    letters = [WRITERS[row.subject_kind](row, now) for row in rows]
    return [one for one in letters if one is not None]


def _digest_body(letters: Sequence[Letter]) -> str:
    """What a lock screen shows under the title: no more than the most careful of the readers' wishes."""
    wishes = {one.privacy for one in letters}
    if NEUTRAL in wishes:
        return ""
    privacy = TIME_ONLY if TIME_ONLY in wishes else FULL
    return "\n".join(lock_screen_words(one.words, privacy) for one in letters)
