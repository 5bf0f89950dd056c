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
from companion.reminders.operations.later import NotAChoice, choices, forget_later, remind_later
from companion.reminders.operations.letters import WRITERS, compose
from companion.reminders.operations.looks import note_looks
from companion.reminders.operations.messages import reading_as, red_flags
from companion.reminders.operations.planning import ensure_default_rules, needs_planning, plan_deliveries

__all__ = [
    "LinkIsGone",
    "NotAChoice",
    "UndoIsOver",
    "answer_done",
    "answer_moved",
    "answer_skipped",
    "answer_still_on",
    "check_link",
    "choices",
    "compose",
    "ensure_default_rules",
    "forget_later",
    "needs_planning",
    "note_looks",
    "plan_deliveries",
    "reading_as",
    "red_flags",
    "remind_later",
    "undo_answer",
    "undo_until",
]

for kind in WRITERS:
    register_subject(kind, compose)
