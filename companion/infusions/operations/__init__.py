"""Writes of infusions: plans that follow what happened, answers, and records of what was given."""

from companion.infusions.operations.answers import (
    DayAlreadyAnswered,
    DayIsAhead,
    book_infusion,
    confirm_day,
    expect_infusion,
    move_day,
    record_day_done,
    record_day_partial,
    skip_day,
)
from companion.infusions.operations.history import ChangeCannotBeUndone
from companion.infusions.operations.photos import (
    TooManyPhotos,
    add_photos,
    delete_photo,
    mark_copied,
    mark_not_copied,
    purge_photos,
    restore_photo,
)
from companion.infusions.operations.plans import NoRoom, extend_plans
from companion.infusions.operations.reactions import add_reaction
from companion.infusions.operations.records import delete_record, restore_record
from companion.infusions.operations.regimens import RegimenHasEnded, change_regimen, end_regimen, start_regimen
from companion.infusions.operations.sentences import change_sentence
from companion.infusions.operations.undoing import undo_change
from companion.infusions.operations.vials import add_vial
from companion.infusions.operations.wall_times import keep_wall_times

__all__ = [
    "ChangeCannotBeUndone",
    "DayAlreadyAnswered",
    "DayIsAhead",
    "NoRoom",
    "RegimenHasEnded",
    "TooManyPhotos",
    "add_photos",
    "add_reaction",
    "add_vial",
    "book_infusion",
    "change_regimen",
    "change_sentence",
    "confirm_day",
    "delete_photo",
    "delete_record",
    "end_regimen",
    "expect_infusion",
    "extend_plans",
    "keep_wall_times",
    "mark_copied",
    "mark_not_copied",
    "move_day",
    "purge_photos",
    "record_day_done",
    "record_day_partial",
    "restore_photo",
    "restore_record",
    "skip_day",
    "start_regimen",
    "undo_change",
]
