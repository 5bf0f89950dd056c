"""Who writes about which kind of subject."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from companion.delivery.channels.base import AnyMessage
from companion.delivery.models import Delivery

Compose = Callable[[Delivery, datetime], AnyMessage | None]
_composers: dict[str, Compose] = {}
_in_digests: set[str] = set()
_mail_stops: dict[str, "IsStopped"] = {}
_ahead: dict[str, frozenset[str]] = {}
_prepares: dict[str, "Prepare"] = {}
Prepare = Callable[[Sequence[Delivery]], object]
IsStopped = Callable[[Delivery], bool]
Listener = Callable[[Collection[int], datetime], object]
_listeners: list[Listener] = []


class UnknownSubject(LookupError):
    """Nobody knows how to write about this kind of subject."""


def register_subject(
    kind: str,
    compose: Compose,
    *,
    in_digests: bool = False,
    prepare: Prepare | None = None,
    mail_is_stopped: IsStopped | None = None,
    written_at_sending: Collection[str] | None = None,
) -> None:
    """Say who writes messages about a kind of subject. None from `compose` means: not wanted any more.

    `in_digests`: many of them at once for one reader become one message. `prepare` reads what `compose` will need
    for many of them in few queries; what it returns is kept until they are written. `mail_is_stopped`: whether the
    reader of a message wants none like it by mail. `written_at_sending`: the stages that cannot be written some
    minutes before, because they say what other messages said; None means all.
    """
    _composers[kind] = compose
    if mail_is_stopped is not None:
        _mail_stops[kind] = mail_is_stopped
    if prepare is not None:
        _prepares[kind] = prepare
    if written_at_sending is not None:
        _ahead[kind] = frozenset(written_at_sending)
    if in_digests:
        _in_digests.add(kind)


def kinds_in_digests() -> frozenset[str]:
    """The kinds of which many at once become one message."""
    return frozenset(_in_digests)


def stages_written_at_sending() -> dict[str, frozenset[str]]:
    """The kinds whose push messages may be written before they are due, each with the stages that may not."""
    return dict(_ahead)


def mail_is_stopped(row: Delivery) -> bool:
    """Whether its reader wants no message like this one by mail."""
    return row.subject_kind in _mail_stops and _mail_stops[row.subject_kind](row)


def prepare(deliveries: Sequence[Delivery]) -> list[object]:
    """Read what the composers of some deliveries will need; keep the answer until they are written."""
    kinds = {row.subject_kind for row in deliveries} & set(_prepares)
    return [_prepares[kind]([row for row in deliveries if row.subject_kind == kind]) for kind in sorted(kinds)]


def composer_of(kind: str) -> Compose:
    """Who writes about a kind of subject. Raises UnknownSubject."""
    try:
        return _composers[kind]
    except KeyError:
        raise UnknownSubject(kind) from None


def hear_what_is_taken(listener: Listener) -> None:
    """Be told about which circles messages were taken over, in the transaction that writes it down."""
    _listeners.append(listener)


def tell_taken(circle_ids: Collection[int], now: datetime) -> None:
    """Tell that messages about some circles were taken over, past the rows of the session."""
    for listener in _listeners:
        listener(circle_ids, now)
