"""When something was really entered, told by a device whose clock may be wrong."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

ODD = timedelta(minutes=5)
OLDEST = timedelta(days=400)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Entered:
    """The corrected instant, and by how much the clock of the device was off where that is worth a word."""

    at: datetime
    off_by: timedelta | None = None


def entered_at(now: datetime, recorded_ms: int, *, sent_ms: int | None = None, skew_ms: int | None = None) -> Entered:
    """The instant of an entry by the clock of this server; never later than now, never older than 400 days.

    All three are milliseconds by the device: when it was entered, when it is sent now, and how far the server was
    ahead of the device when the two last spoke before the entry. Two ways lead to the instant. The way back from
    now is right unless the clock was set in between; the offset known before is right unless it was set before.
    Where they disagree, the one that was known first counts; one that leads to the future counts for nothing.
    """
    by_age = None if sent_ms is None else _within(now, _before(now, sent_ms - recorded_ms))
    by_skew = None if skew_ms is None else _within(now, _instant(recorded_ms + skew_ms))
    is_fresh = (
        by_age is not None and now - by_age <= ODD
    )  # a clock that was set by days shows no such small difference
    if by_age is not None and by_skew is not None and (is_fresh or abs(by_age - by_skew) <= ODD):
        by_skew = by_age
    at = by_skew or by_age
    if at is None:
        plain = _within(now, _instant(recorded_ms)) if sent_ms is None and skew_ms is None else None
        at = plain or now
    raw = _instant(recorded_ms)
    off_by = None if raw is None else at - raw
    return Entered(at, off_by if off_by is None or abs(off_by) > ODD else None)


def _before(now: datetime, milliseconds: int) -> datetime | None:
    try:
        return now - timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None


def _instant(milliseconds: int) -> datetime | None:
    try:
        return EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None


def _within(now: datetime, at: datetime | None) -> datetime | None:
    """The instant where it can be true; a moment ahead of now is now."""
    if at is None or at < now - OLDEST or at > now + ODD:
        return None
    return min(at, now)
