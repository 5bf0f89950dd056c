"""What hand-overs say about a provider: it asked us to wait, it fails, it works again."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from companion.delivery.channels.base import Outcome
from companion.delivery.models import ProviderState
from companion.delivery.operations.rows import LONGEST_REASON
from companion.domain import retry
from companion.extensions import db


def note_provider(name: str, outcomes: Sequence[Outcome], *, now: datetime) -> None:
    """Slow a provider down, or forget that it failed; call in a transaction. Writes only what changes."""
    good = any(outcome.result in (retry.ACCEPTED, retry.PERMANENT_ADDRESS) for outcome in outcomes)
    bad = [outcome for outcome in outcomes if outcome.result in retry.PROVIDER_FAULTS]
    waits = [outcome.wait for outcome in outcomes if outcome.wait is not None]
    state = db.session.get(ProviderState, name, with_for_update=True, populate_existing=True)
    if not bad and not waits and (state is None or not state.failures):
        return
    if state is None:
        state = ProviderState(name=name, failures=0, changed_at=now)
        db.session.add(state)
    state.failures = 0 if good else state.failures + len(bad)
    pause = retry.pause_of(state.failures, max(waits, default=None))
    state.paused_until = now + pause if pause > timedelta(0) else None
    state.last_detail = bad[-1].detail[:LONGEST_REASON] if bad else state.last_detail
    state.changed_at = now
    db.session.flush()
