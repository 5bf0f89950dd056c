"""Writes of infusions: plans that follow what happened, answers, and records of what was given."""

from companion.infusions.operations import losses
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
from companion.infusions.operations.diary import (
    NoDiaryDay,
    delete_diary_entry,
    restore_diary_entry,
    undo_diary,
    write_diary,
)
from companion.infusions.operations.doses import Dose, dose_of
from companion.infusions.operations.given_records import (
    RecordCannotBeUndone,
    RecordChanged,
    facts_of,
    mark_of,
    save_given_record,
    undo_given_record,
)
from companion.infusions.operations.history import ChangeCannotBeUndone
from companion.infusions.operations.pauses import (
    AlreadyPaused,
    LoadingComesFirst,
    NotPaused,
    pause_regimen,
    resume_regimen,
)
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
from companion.infusions.operations.reactions import add_reaction, change_reaction, undo_change_of_reaction
from companion.infusions.operations.records import delete_record, restore_record
from companion.infusions.operations.regimens import (
    Loading,
    RegimenHasEnded,
    change_regimen,
    end_regimen,
    keep_regimen,
    start_regimen,
)
from companion.infusions.operations.sentences import change_sentence
from companion.infusions.operations.shifts import (
    MOST_SHIFT_DAYS,
    DateIsOver,
    DateIsPaused,
    NothingToShift,
    shift_expected,
)
from companion.infusions.operations.steps import (
    StepsChanged,
    day_mark,
    pick_sites,
    save_step_list,
    step_lines,
    steps_for,
    steps_mark,
    tick_step,
    undo_step_list,
    untick_step,
)
from companion.infusions.operations.undoing import undo_change
from companion.infusions.operations.vials import add_vial, add_vials, change_vial, delete_entry, restore_entry
from companion.infusions.operations.wall_times import keep_wall_times

__all__ = [
    "MOST_SHIFT_DAYS",
    "AlreadyPaused",
    "ChangeCannotBeUndone",
    "DateIsOver",
    "DateIsPaused",
    "DayAlreadyAnswered",
    "DayIsAhead",
    "Dose",
    "Loading",
    "LoadingComesFirst",
    "NoDiaryDay",
    "NoRoom",
    "NotPaused",
    "NothingToShift",
    "RecordCannotBeUndone",
    "RecordChanged",
    "RegimenHasEnded",
    "StepsChanged",
    "TooManyPhotos",
    "add_photos",
    "add_reaction",
    "add_vial",
    "add_vials",
    "book_infusion",
    "change_reaction",
    "change_regimen",
    "change_sentence",
    "change_vial",
    "confirm_day",
    "day_mark",
    "delete_diary_entry",
    "delete_entry",
    "delete_photo",
    "delete_record",
    "dose_of",
    "end_regimen",
    "expect_infusion",
    "extend_plans",
    "facts_of",
    "keep_regimen",
    "keep_wall_times",
    "losses",
    "mark_copied",
    "mark_not_copied",
    "mark_of",
    "move_day",
    "pause_regimen",
    "pick_sites",
    "purge_photos",
    "record_day_done",
    "record_day_partial",
    "restore_diary_entry",
    "restore_entry",
    "restore_photo",
    "restore_record",
    "resume_regimen",
    "save_given_record",
    "save_step_list",
    "shift_expected",
    "skip_day",
    "start_regimen",
    "step_lines",
    "steps_for",
    "steps_mark",
    "tick_step",
    "undo_change",
    "undo_change_of_reaction",
    "undo_diary",
    "undo_given_record",
    "undo_step_list",
    "untick_step",
    "write_diary",
]
