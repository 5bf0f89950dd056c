"""Who writes about which kind of subject."""

from collections.abc import Callable
from datetime import datetime

from companion.delivery.channels.base import AnyMessage
from companion.delivery.models import Delivery

Compose = Callable[[Delivery, datetime], AnyMessage | None]
_composers: dict[str, Compose] = {}


class UnknownSubject(LookupError):
    """Nobody knows how to write about this kind of subject."""


def register_subject(kind: str, compose: Compose) -> None:
    """Say who writes messages about a kind of subject. None from `compose` means: not wanted any more."""
    _composers[kind] = compose


def composer_of(kind: str) -> Compose:
    """Who writes about a kind of subject. Raises UnknownSubject."""
    try:
        return _composers[kind]
    except KeyError:
        raise UnknownSubject(kind) from None
