"""Writes of visits: single ones and series, what became of them, and taking a change back."""

from companion.visits.operations.history import ChangeCannotBeUndone
from companion.visits.operations.series import extend_visits, keep_visit_times, repeat_of
from companion.visits.operations.writing import (
    VisitAlreadyAnswered,
    VisitIsAhead,
    add_visit,
    cancel_visit,
    change_visit,
    end_series,
    record_visit_done,
    reopen_visit,
    set_next_visit,
    take_back_visit,
    undo_change,
)

__all__ = [
    "ChangeCannotBeUndone",
    "VisitAlreadyAnswered",
    "VisitIsAhead",
    "add_visit",
    "cancel_visit",
    "change_visit",
    "end_series",
    "extend_visits",
    "keep_visit_times",
    "record_visit_done",
    "reopen_visit",
    "repeat_of",
    "set_next_visit",
    "take_back_visit",
    "undo_change",
]
