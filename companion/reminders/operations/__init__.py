"""Writes of reminders: rules by default, planned messages, their words, and the answers people give."""

from companion.delivery.operations import register_subject
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
from companion.reminders.operations.messages import compose_infusion_mail, reading_as, red_flags
from companion.reminders.operations.notices import compose_day_mail, compose_drive_mail, compose_visit_mail
from companion.reminders.operations.planning import ensure_default_rules, needs_planning, plan_deliveries
from companion.reminders.queries import DRIVE, INFUSION_DAY, VISIT

__all__ = [
    "LinkIsGone",
    "UndoIsOver",
    "answer_done",
    "answer_moved",
    "answer_skipped",
    "answer_still_on",
    "check_link",
    "compose_infusion_mail",
    "ensure_default_rules",
    "needs_planning",
    "plan_deliveries",
    "reading_as",
    "red_flags",
    "undo_answer",
    "undo_until",
]

register_subject(INFUSION_DAY, compose_day_mail)
register_subject(VISIT, compose_visit_mail)
register_subject(DRIVE, compose_drive_mail)
