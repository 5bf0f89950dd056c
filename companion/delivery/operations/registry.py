"""Who writes about which kind of subject."""

from collections.abc import Callable
from datetime import datetime

from companion.delivery.channels.base import AnyMessage
from companion.delivery.models import Delivery

Compose = Callable[[Delivery, datetime], AnyMessage | None]
_composers: dict[str, Compose] = {}
_in_digests: set[str] = set()


class UnknownSubject(LookupError):
    """Nobody knows how to write about this kind of subject."""


def register_subject(kind: str, compose: Compose, *, in_digests: bool = False) -> None:
    """Say who writes messages about a kind of subject. None from `compose` means: not wanted any more.

    `in_digests`: many of them at once for one reader become one message.
    """
    _composers[kind] = compose
    if in_digests:
        _in_digests.add(kind)


def kinds_in_digests() -> frozenset[str]:
    """The kinds of which many at once become one message."""
    return frozenset(_in_digests)


def composer_of(kind: str) -> Compose:
    """Who writes about a kind of subject. Raises UnknownSubject."""
    try:
        return _composers[kind]
    except KeyError:
        raise UnknownSubject(kind) from None
