"""Writes of reminders: rules by default, planned messages, their words, and the answers people give."""

from companion.delivery.operations import DIGEST, register_subject
from companion.domain.home_reminders import PREPARATION, SUPPLY
from companion.domain.nudges import CHECK_IN
from companion.domain.reminder_plan import CHANGED
from companion.domain.snoozes import LATER
from companion.reminders.operations import losses
from companion.reminders.operations.answers import (
    LinkIsGone,
    UndoIsOver,
    answer_done,
    answer_moved,
    answer_skipped,
    answer_still_on,
    check_link,
    undo_answer,
    undo_until,
)
from companion.reminders.operations.later import NotAChoice, choices, forget_later, remind_later
from companion.reminders.operations.letters import WRITERS, compose, compose_digest
from companion.reminders.operations.looks import note_looks
from companion.reminders.operations.messages import reading_as, red_flags
from companion.reminders.operations.planning import needs_planning, plan_deliveries
from companion.reminders.operations.preparing import prepare_infusion_days
from companion.reminders.operations.rules import (
    change_rule,
    change_waiting,
    ensure_default_rules,
    has_no_way,
    lock_screen_examples,
    may_switch_on,
    member_named,
    others_to_tell,
    rule_or_default,
    tell_caregiver,
    waiting_hours,
)
from companion.reminders.operations.stops import mail_is_stopped
from companion.reminders.queries import INFUSION_DAY, VISIT

__all__ = [
    "LinkIsGone",
    "NotAChoice",
    "UndoIsOver",
    "answer_done",
    "answer_moved",
    "answer_skipped",
    "answer_still_on",
    "change_rule",
    "change_waiting",
    "check_link",
    "choices",
    "compose",
    "ensure_default_rules",
    "forget_later",
    "has_no_way",
    "lock_screen_examples",
    "losses",
    "may_switch_on",
    "member_named",
    "needs_planning",
    "note_looks",
    "others_to_tell",
    "plan_deliveries",
    "reading_as",
    "red_flags",
    "remind_later",
    "rule_or_default",
    "tell_caregiver",
    "undo_answer",
    "undo_until",
    "waiting_hours",
]

PREPARED = {INFUSION_DAY: prepare_infusion_days}
AT_SENDING: dict[str, tuple[str, ...]] = {
    INFUSION_DAY: (CHANGED, LATER),
    VISIT: (CHANGED,),
    PREPARATION: (),
    SUPPLY: (),
    CHECK_IN: (),
}
"""Kinds that may be written before they are due, with the stages that may not: a change says what its reader was told
before, and "later" follows what they tapped. All other kinds are written when they are sent."""
for kind in WRITERS:
    register_subject(
        kind,
        compose,
        in_digests=True,
        prepare=PREPARED.get(kind),
        mail_is_stopped=mail_is_stopped,
        written_at_sending=AT_SENDING.get(kind),
    )
register_subject(DIGEST, compose_digest)
