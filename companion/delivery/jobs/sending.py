"""What the worker does with due deliveries: lease, write, send outside any transaction, settle.

One event loop sends: each provider has its own task, so that a slow one keeps nobody else waiting. Database steps are
short and run in the loop itself, one at a time; only hand-overs run side by side.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from flask import g
from sqlalchemy.exc import OperationalError

from companion import clock
from companion.database import transaction
from companion.delivery import operations, queries
from companion.delivery.channels import PUSH, channel_of, open_channel
from companion.delivery.channels.base import BROKEN, WRITE_AFRESH, AnyMessage, Channel, Outcome, SealedPush
from companion.delivery.jobs.contexts import own_context
from companion.delivery.jobs.loops import run_to_end
from companion.delivery.operations import Lease
from companion.domain.retry import ACCEPTED, MAYBE_SENT, OUR_FAULT
from companion.extensions import db
from companion.failpoints import failpoint
from companion.logs import log

BATCH, READY_BATCH = 50, 200
"""So many messages are written in a row, or taken that are written already; then it is looked which were answered."""
SETTLE_TRIES = 5
"""Each waits for a busy database as long as its time-out: a message that went out must not go out again."""
GATHER_SECONDS = 0.01
"""How long a provider with many hand-overs waits for more of them to end, to settle them in one transaction."""
PATIENCE_SECONDS = 4.0
"""How long hand-overs under way may take to end once the worker is stopping."""


NONE_READY: Mapping[Lease, SealedPush] = MappingProxyType({})
Sending = asyncio.Task[tuple[Lease, Outcome | None]]
Written = tuple[AnyMessage, str] | Outcome | None


class StillInTransaction(RuntimeError):
    """Sending must come after the commit, or a message may go out about something that never was."""


def dispatch_due(stopping: Callable[[], bool] = lambda: False) -> int:
    """One tick, and more while something is under way: leave a sign of life, take back lost leases, expire what is
    too late, gather what is too much at once, send what is due.

    Returns how many messages were handed over. Begins nothing new once `stopping` says so.
    """
    return run_to_end(_Dispatch(stopping).run())


def send_now(delivery_id: int) -> None:
    """Send one delivery at once, right after the commit that planned it; whatever fails is left to the worker."""
    if g.get("in_transaction"):
        raise StillInTransaction
    try:
        run_to_end(_Dispatch(lambda: False).run_one(delivery_id))
    except OperationalError as error:
        log.warning("delivery left to the worker", kind=type(error.orig).__name__)


@dataclass(slots=True)
class _Dispatch:
    """One run of the sender, with its channels."""

    stopping: Callable[[], bool]
    channels: dict[str, Channel] = field(default_factory=dict)
    handled: int = 0

    async def run(self) -> int:
        """Tick, and tick again as long as a provider still has work."""
        providers: dict[str, asyncio.Task[None]] = {}
        tick_seconds, failure = operations.config().tick_seconds, None
        try:
            while True:
                if not self.stopping():
                    _tidy()
                    for name in queries.due_providers(clock.now()):
                        if name not in providers:
                            providers[name] = asyncio.create_task(self._serve(name))
                if not providers:
                    break
                done, _ = await asyncio.wait(
                    providers.values(), timeout=tick_seconds, return_when=asyncio.FIRST_COMPLETED
                )
                for name in [name for name, task in providers.items() if task in done]:
                    failure = failure or providers.pop(name).exception()
                if failure and not providers:
                    break
        finally:
            await self._end(providers.values())
        if failure:
            raise failure
        return self.handled

    async def run_one(self, delivery_id: int) -> None:
        """Send one delivery."""
        try:
            for one in _write_all(*_lease(1, only=delivery_id)).items():
                self._settle([await self._deliver(*one)])
        finally:
            await self._end(())

    async def _serve(self, provider: str) -> None:
        """Hand over what one provider takes, as many at a time as its channel allows, until nothing is due."""
        parallel = self._channel(channel_of(provider)).parallel
        running: dict[Sending, Lease] = {}
        size = BATCH
        try:
            while True:
                room, more = parallel - len(running), False
                # What is written already is taken many at a time: then the database costs least.
                least = parallel // (2 if size == READY_BATCH else 4)
                if room > least and not self.stopping():
                    leases, ready = _lease(min(room, size), provider=provider)
                    written = _write_all(leases, ready)
                    running |= {asyncio.create_task(self._deliver(*one)): one[0] for one in written.items()}
                    more = len(leases) == min(room, size) and parallel - len(running) > least
                    size = READY_BATCH if len(ready) == len(leases) else BATCH
                if not running:
                    return
                done = await self._ended(running, more, parallel)
                if not done and not more:
                    return
                self._settle([task.result() for task in done])
                for task in done:
                    del running[task]
        finally:
            await self._give_up(running)

    async def _ended(self, running: Collection["Sending"], more: bool, parallel: int) -> set["Sending"]:
        """Hand-overs that have ended, after waiting for one; while there is room for `more`, only those that have
        ended already. None when the worker stops and they take too long."""
        if more:
            return (await asyncio.wait(running, timeout=0))[0]
        patience = PATIENCE_SECONDS if self.stopping() else None
        done, waiting = await asyncio.wait(running, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        if done and waiting and parallel > 1:
            done |= (await asyncio.wait(waiting, timeout=GATHER_SECONDS))[0]
        return done

    async def _give_up(self, running: Mapping["Sending", Lease]) -> None:
        """End hand-overs that did not end in time; nobody knows whether their messages arrived. What was not begun
        is given back."""
        if not running:
            return
        for task in running:
            task.cancel()
        ended = await asyncio.gather(*running, return_exceptions=True)
        self._settle([one for one in ended if isinstance(one, tuple)])
        unused = [lease for one, lease in zip(ended, running.values(), strict=True) if not isinstance(one, tuple)]
        with transaction():
            operations.give_back(unused, now=clock.now())

    async def _deliver(self, lease: Lease, written: "Written") -> tuple[Lease, Outcome | None]:
        """Send one message, unless its lease ran out while it waited."""
        if written is None or isinstance(written, Outcome):
            return lease, written
        if clock.now() >= lease.until:
            return lease, None
        message, channel_name = written
        if self.handled:
            failpoint("between_sends")
        self.handled += 1
        failpoint("before_send")
        try:
            outcome = await self._channel(channel_name).send(message, clock.now())
        except asyncio.CancelledError:
            return lease, Outcome(MAYBE_SENT, "stopped")
        except Exception as error:
            log.exception("channel failed", channel=channel_name, kind=type(error).__name__)
            outcome = Outcome(OUR_FAULT, type(error).__name__)
        if outcome.result == WRITE_AFRESH:
            self.handled -= 1
            return await self._deliver(lease, _write_all([lease])[lease])
        failpoint("after_send")
        return lease, outcome

    def _settle(self, ended: list[tuple[Lease, Outcome | None]]) -> None:
        """Write down what came of some hand-overs, in one transaction."""
        outcomes = [(lease, outcome) for lease, outcome in ended if outcome is not None]
        if not outcomes:
            return
        failpoint("before_settle")
        for tries_left in reversed(range(SETTLE_TRIES)):
            try:
                with transaction():
                    settled = operations.settle_all(outcomes, now=clock.now())
                break
            except OperationalError:
                if not tries_left:
                    raise
        taken = [one for one, is_settled in zip(outcomes, settled, strict=True) if is_settled and _is_plain(*one)]
        if taken:
            log.info("deliveries settled", count=len(taken), deliveries=[lease.delivery_id for lease, _ in taken])
        for (lease, outcome), is_settled in zip(outcomes, settled, strict=True):
            if is_settled and _is_plain(lease, outcome):
                continue
            note = log.info if outcome.result == ACCEPTED else log.warning
            shown = {"delivery": lease.delivery_id, "attempt": lease.attempt, "outcome": outcome.result}
            note("delivery settled" if is_settled else "delivery overtaken", detail=outcome.detail, **shown)

    def _channel(self, name: str) -> Channel:
        if name not in self.channels:
            self.channels[name] = open_channel(name, operations.config())
        return self.channels[name]

    async def _end(self, tasks: Collection["asyncio.Task[None]"]) -> None:
        await asyncio.gather(*tasks, return_exceptions=True)
        for channel in self.channels.values():
            await channel.close()


def _is_plain(lease: Lease, outcome: Outcome) -> bool:
    """Taken at the first attempt: the log names all such of a batch in one line."""
    return outcome.result == ACCEPTED and lease.attempt == 1


def _tidy() -> None:
    now = clock.now()
    with transaction():
        operations.note_outage(now=now)
        operations.beat(queries.TICK, now=now)
        lost = operations.return_expired_leases(now=now)
        expired = operations.expire_deliveries(now=now)
        gathered = operations.gather_digests(now=now)
    if lost or expired or gathered:
        log.warning("deliveries tidied", leases_returned=lost, expired=expired, in_digests=gathered)


def _lease(
    limit: int, *, provider: str | None = None, only: int | None = None
) -> tuple[list[Lease], Mapping[Lease, SealedPush]]:
    """The right to send some messages, and those of them that were written ahead and still say what is so."""
    now, lease_seconds = clock.now(), operations.config().lease_seconds
    with transaction():
        leases = operations.lease_due(limit=limit, now=now, lease_seconds=lease_seconds, provider=provider, only=only)
        ready = operations.ready(leases, now=now)
    if leases:
        failpoint("after_lease")
    return leases, ready


def _write_all(leases: Sequence[Lease], ready: Mapping[Lease, SealedPush] = NONE_READY) -> dict[Lease, "Written"]:
    """The message of each lease that is still ours and its channel; None where there is nothing to send, and an
    outcome where it could not be written, which harms no other."""
    written: dict[Lease, Written] = dict.fromkeys(leases)
    written |= {lease: (message, PUSH) for lease, message in ready.items()}
    if others := [lease for lease in leases if lease not in ready]:
        _write_now(others, written)
    return written


def _write_now(leases: Sequence[Lease], written: dict[Lease, "Written"]) -> None:
    unwanted = []
    now = clock.now()
    with own_context():
        held = operations.held(leases, now=now)
        kept = operations.prepare(list(held.values()))
        for lease, delivery in held.items():
            try:
                message = operations.composer_of(delivery.subject_kind)(delivery, now)
            except OperationalError:
                raise
            except Exception as error:
                db.session.rollback()
                log.exception("message could not be written", delivery=lease.delivery_id, kind=type(error).__name__)
                written[lease] = Outcome(BROKEN, type(error).__name__)
                continue
            if message is None:
                unwanted.append(lease)
            else:
                written[lease] = message, delivery.channel
        del kept
    if unwanted:
        with transaction():
            operations.suppress_all(unwanted, now=clock.now())
