"""Times without reminders that made something late for a person, as Today tells them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from companion.accounts.models import Account
from companion.delivery.models import ACCEPTED, EXPIRED, FAILED, OPEN_STATES, Delivery
from companion.delivery.queries import Outage, late_deliveries, outages

TOLD_FOR = timedelta(hours=48)
WORTH_TELLING = (ACCEPTED, EXPIRED, FAILED, *OPEN_STATES)
"""What was taken back meanwhile was not missed by anybody."""


@dataclass(frozen=True, slots=True)
class OutageNews:
    """Spans without reminders, newest first, and what came late or not at all, one row for all ways of a message."""

    spans: list[Outage]
    late: list[Delivery]

    @property
    def until(self) -> datetime:
        """The end of the newest one: putting the news away tells of no later one."""
        return self.spans[0].to_at


def outage_news(account: Account, now: datetime) -> OutageNews | None:
    """What to tell for two days, until the person puts it away; None where nothing of theirs was late."""
    spans, late = [], []
    for outage in reversed(outages()):
        seen = account.outages_seen_at is not None and outage.to_at <= account.outages_seen_at
        if seen or not timedelta(0) <= now - outage.to_at <= TOLD_FOR:
            continue
        rows = [row for row in late_deliveries(account.id, outage) if row.state in WORTH_TELLING]
        if rows:
            spans.append(outage)
            late += _best_of_each(rows)
    return OutageNews(spans, late) if spans else None


def _best_of_each(rows: Sequence[Delivery]) -> list[Delivery]:
    """Of a message that takes several ways, the one that went best; in the order of due times."""
    best: dict[tuple[str, int, str, str], Delivery] = {}
    for row in rows:
        key = row.subject_kind, row.subject_id, row.stage, row.due_slot
        known = best.get(key)
        if known is None or WORTH_TELLING.index(row.state) < WORTH_TELLING.index(known.state):
            best[key] = row
    return list(best.values())
