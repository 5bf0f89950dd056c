"""What the worker does with due deliveries: lease, write, send outside any transaction, settle."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from flask import current_app, g
from sqlalchemy.exc import OperationalError

from companion import clock
from companion.database import transaction
from companion.delivery import operations
from companion.delivery.channels import open_channel
from companion.delivery.channels.base import BROKEN, Channel, Message, Outcome
from companion.delivery.operations import Lease
from companion.delivery.queries import TICK
from companion.domain.retry import ACCEPTED, OUR_FAULT
from companion.extensions import db
from companion.failpoints import failpoint
from companion.logs import log

BATCH = 20
SETTLE_TRIES = 5
"""Each waits for a busy database as long as its time-out: a message that went out must not go out again."""


class StillInTransaction(RuntimeError):
    """Sending must come after the commit, or a message may go out about something that never was."""


def dispatch_due(stopping: Callable[[], bool] = lambda: False) -> int:
    """One tick: leave a sign of life, take back lost leases, expire what is too late, send what is due.

    Returns how many deliveries were handled. Ends early, and gives back what it has not begun, once
    `stopping` says so.
    """
    _tidy()
    handled = 0
    with _open_channels() as channels:
        while not stopping():
            leases = _lease(BATCH)
            if not leases:
                break
            handled += _deliver_all(leases, channels, stopping)
    return handled


def send_now(delivery_id: int) -> None:
    """Send one delivery at once, right after the commit that planned it; whatever fails is left to the worker."""
    if g.get("in_transaction"):
        raise StillInTransaction
    try:
        with _own_context(), _open_channels() as channels:
            _deliver_all(_lease(1, only=delivery_id), channels, lambda: False)
    except OperationalError as error:
        log.warning("delivery left to the worker", kind=type(error.orig).__name__)


def _tidy() -> None:
    now = clock.now()
    with transaction():
        operations.beat(TICK, now=now)
        lost = operations.return_expired_leases(now=now)
        expired = operations.expire_deliveries(now=now)
    if lost or expired:
        log.warning("deliveries tidied", leases_returned=lost, expired=expired)


def _lease(limit: int, only: int | None = None) -> list[Lease]:
    lease_seconds = operations.config().lease_seconds
    with transaction():
        leases = operations.lease_due(limit=limit, now=clock.now(), lease_seconds=lease_seconds, only=only)
    if leases:
        failpoint("after_lease")
    return leases


def _deliver_all(leases: Sequence[Lease], channels: dict[str, Channel], stopping: Callable[[], bool]) -> int:
    handled = 0
    try:
        for lease in leases:
            if stopping():
                break
            if handled:
                failpoint("between_sends")
            _deliver(lease, channels)
            handled += 1
    finally:
        if handled < len(leases):
            with transaction():
                operations.give_back(leases[handled:], now=clock.now())
    return handled


def _deliver(lease: Lease, channels: dict[str, Channel]) -> None:
    """Write, send and settle one delivery; a message that cannot be written harms no other."""
    try:
        with _own_context():
            ready = _ready(lease)
    except OperationalError:
        raise
    except Exception as error:
        log.exception("message could not be written", delivery=lease.delivery_id, kind=type(error).__name__)
        _settle(lease, Outcome(BROKEN, type(error).__name__))
        return
    if ready is None:
        return
    message, channel_name = ready
    failpoint("before_send")
    outcome = _send(channel_name, message, channels)
    failpoint("after_send")
    failpoint("before_settle")
    _settle(lease, outcome)


def _ready(lease: Lease) -> tuple[Message, str] | None:
    """The message and its channel; None when the lease was lost or the message is not wanted any more."""
    now, lease_seconds = clock.now(), operations.config().lease_seconds
    delivery = operations.holds(lease, now=now)
    if delivery is None or delivery.leased_until is None:
        return None
    if (delivery.leased_until - now).total_seconds() < lease_seconds / 2:
        with transaction():
            if not operations.renew(lease, now=now, lease_seconds=lease_seconds):
                return None
    message = operations.composer_of(delivery.subject_kind)(delivery, now)
    if message is None:
        with transaction():
            operations.suppress(lease, now=now)
        return None
    return message, delivery.channel


def _send(name: str, message: Message, channels: dict[str, Channel]) -> Outcome:
    try:
        if name not in channels:
            channels[name] = open_channel(name, operations.config())
        return channels[name].send(message, clock.now())
    except Exception as error:
        log.exception("channel failed", channel=name, kind=type(error).__name__)
        return Outcome(OUR_FAULT, type(error).__name__)


def _settle(lease: Lease, outcome: Outcome) -> None:
    for tries_left in reversed(range(SETTLE_TRIES)):
        try:
            with transaction():
                settled = operations.settle(lease, outcome, now=clock.now())
            break
        except OperationalError:
            if not tries_left:
                raise
    shown = {"delivery": lease.delivery_id, "attempt": lease.attempt, "outcome": outcome.result}
    note = log.info if outcome.result == ACCEPTED else log.warning
    note("delivery settled" if settled else "delivery overtaken", detail=outcome.detail, **shown)


@contextmanager
def _open_channels() -> Iterator[dict[str, Channel]]:
    """Channels by name, opened when first used and closed at the end."""
    channels: dict[str, Channel] = {}
    try:
        yield channels
    finally:
        for channel in channels.values():
            channel.close()


@contextmanager
def _own_context() -> Iterator[None]:
    """A session and a reader of its own for each message, apart from the page or tick around it."""
    with current_app._get_current_object().app_context():  # type: ignore[attr-defined]
        try:
            yield
        finally:
            db.session.rollback()
