"""What hand-overs say about a provider: it asked us to wait, it fails, it refuses us, it works again."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from companion.delivery.channels.base import Outcome
from companion.delivery.models import ProviderState
from companion.delivery.operations.rows import LONGEST_REASON, insert
from companion.domain import retry
from companion.extensions import db
from companion.logs import log

ALARM_AGAIN = timedelta(days=1)
MENDED = "mended"


def note_provider(name: str, outcomes: Sequence[Outcome], *, now: datetime) -> None:
    """Slow a provider down, forget that it failed, or tell the operator once that it refuses us; call in a
    transaction. Writes only what changes.

    A pause that a provider asked for stays, also when messages that were under way by then are taken.
    """
    good = any(outcome.result in (retry.ACCEPTED, retry.PERMANENT_ADDRESS) for outcome in outcomes)
    bad = [outcome for outcome in outcomes if outcome.result in retry.PROVIDER_FAULTS]
    refused = [outcome for outcome in outcomes if outcome.result == retry.OUR_FAULT]
    waits = [outcome.wait for outcome in outcomes if outcome.wait is not None]
    state = db.session.get(ProviderState, name, with_for_update=True, populate_existing=True)
    if not bad and not refused and not waits and (state is None or not (state.failures or is_refusal(state))):
        return
    if state is None:
        values = {"name": name, "failures": 0, "changed_at": now}
        db.session.execute(insert(ProviderState).values(**values).on_conflict_do_nothing())
        state = db.session.get_one(ProviderState, name, with_for_update=True, populate_existing=True)
    state.failures = 0 if good else state.failures + len(bad)
    until = max(now + retry.pause_of(state.failures, max(waits, default=None)), _pause_left(state, now))
    state.paused_until = until if until > now else None
    if refused:
        _note_refusal(state, refused[-1].detail, now)
    elif good and is_refusal(state):
        state.last_detail = f"{MENDED} {state.last_detail}"[:LONGEST_REASON]
    elif bad:
        state.last_detail, state.changed_at = bad[-1].detail[:LONGEST_REASON], now
    db.session.flush()


def is_refusal(state: ProviderState) -> bool:
    """Whether the last thing a provider said is that we do something wrong."""
    return (state.last_detail or "").startswith(retry.OUR_FAULT)


def _note_refusal(state: ProviderState, detail: str, now: datetime) -> None:
    """One alarm, not one a message: the next comes when there was none for a day."""
    known = retry.OUR_FAULT in (state.last_detail or "") and now - state.changed_at < ALARM_AGAIN
    state.last_detail, state.changed_at = f"{retry.OUR_FAULT} {detail}"[:LONGEST_REASON], now
    if not known:
        log.error("a provider refuses our messages", provider=state.name, detail=detail)


def _pause_left(state: ProviderState, now: datetime) -> datetime:
    """The end of the pause under way; a wrong clock cannot have made it longer than the longest there is."""
    return min(state.paused_until or now, now + retry.LONGEST_PAUSE)
