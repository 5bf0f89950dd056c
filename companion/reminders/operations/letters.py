"""Who writes about which kind of subject, and the message that a letter becomes for its reader."""

from collections.abc import Callable
from datetime import datetime

from companion.accounts.models import Account
from companion.delivery.channels.base import AnyMessage
from companion.delivery.models import Delivery
from companion.domain.escalation import ESCALATION
from companion.domain.home_reminders import PREPARATION, SUPPLY
from companion.domain.nudges import CHECK_IN
from companion.extensions import db
from companion.reminders.operations.answered import answer_letter
from companion.reminders.operations.escalations import escalation_letter
from companion.reminders.operations.home import preparation_letter, supply_letter
from companion.reminders.operations.messages import Letter, reading_as, written
from companion.reminders.operations.notices import day_letter, drive_letter, visit_letter
from companion.reminders.operations.nudges import nudge_letter
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
