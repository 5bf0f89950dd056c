"""Writes of duties and of things to prepare, and taking a change back."""

from companion.preparations.operations import losses
from companion.preparations.operations.duties import (
    DutyTaken,
    NotOnDuty,
    OfferIsGone,
    accept_duty,
    assign_duty,
    claim_duty,
    clear_duty,
    decline_duty,
    give_back_duty,
    offer_duty,
)
from companion.preparations.operations.history import ChangeCannotBeUndone, undo_change
from companion.preparations.operations.lists import (
    ItemIsGone,
    add_item,
    change_item,
    move_item,
    remove_item,
    tick_item,
)

__all__ = [
    "ChangeCannotBeUndone",
    "DutyTaken",
    "ItemIsGone",
    "NotOnDuty",
    "OfferIsGone",
    "accept_duty",
    "add_item",
    "assign_duty",
    "change_item",
    "claim_duty",
    "clear_duty",
    "decline_duty",
    "give_back_duty",
    "losses",
    "move_item",
    "offer_duty",
    "remove_item",
    "tick_item",
    "undo_change",
]
