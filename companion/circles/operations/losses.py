"""What ends when a member loses rights: features above register what is theirs, and how it comes back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from companion.accounts.models import Account
from companion.circles.models import Circle


@dataclass(frozen=True, slots=True)
class Loss:
    """Rights that an account has lost in a circle, by whose decision."""

    circle: Circle
    account: Account
    rights: frozenset[str]
    by: Account
    now: datetime


Lose = Callable[[Loss], Any]
"""Ends what the lost rights allowed; gives plain values by which it could be put back, or None."""
PutBack = Callable[[Loss, Any], None]
_parts: dict[str, tuple[Lose, PutBack | None]] = {}


def register_loss(name: str, lose: Lose, put_back: PutBack | None = None) -> None:
    """Say what a feature ends when rights are lost, and how it puts that back when the member is put back."""
    _parts[name] = (lose, put_back)


def lose(loss: Loss) -> dict[str, Any]:
    """End everything that the lost rights allowed; gives what is needed to put it back."""
    if not loss.rights:
        return {}
    ended = {name: lose(loss) for name, (lose, _put_back) in _parts.items()}
    return {name: kept for name, kept in ended.items() if kept}


def put_back(loss: Loss, kept: Mapping[str, Any]) -> None:
    """Bring back what `lose` has ended."""
    for name, (_lose, put_back) in _parts.items():
        if put_back is not None and name in kept:
            put_back(loss, kept[name])
