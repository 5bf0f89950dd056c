"""Writes of the paper log: a month that somebody typed from paper, and taking it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from companion.accounts.models import Account
from companion.checkins.models import PAPER, CheckIn, Device
from companion.checkins.operations import Answers, moment_of, record_check_in, remove_check_in
from companion.circles.models import Circle
from companion.paper_logs import queries


@dataclass(frozen=True, slots=True)
class Typed:
    """What one row of the paper says."""

    on: date
    answers: Answers


def record_month(
    circle: Circle,
    account: Account,
    typed: Sequence[Typed],
    *,
    device: Device | None,
    today: date,
    now: datetime,
    client_id: str | None,
) -> list[CheckIn]:
    """One check-in a row, marked as typed from paper. Raises NothingAnswered for an empty row."""
    return [
        record_check_in(
            circle,
            account,
            one.answers,
            moment=moment_of(one.on, today=today, tz=circle.tz, now=now),
            device=device,
            now=now,
            client_id=client_id,
            told_by=PAPER,
        )
        for one in typed
    ]


def remove_month(circle: Circle, client_id: str, *, now: datetime) -> int:
    """Take back what one sending of a month made; returns how many check-ins. Others of that month stay."""
    rows = queries.typed_together(circle, client_id)
    for row in rows:
        remove_check_in(row, now=now)
    return len(rows)
