"""When to try a delivery again, when to give up, and what the answer of a mail server or a push service means."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

ACCEPTED = "accepted"
TEMPORARY = "temporary"
PERMANENT_ADDRESS = "permanent_address"
OUR_FAULT = "our_fault"
MAYBE_SENT = "maybe_sent"

OUTCOMES: tuple[str, ...] = (ACCEPTED, TEMPORARY, PERMANENT_ADDRESS, OUR_FAULT, MAYBE_SENT)
"""What one attempt can come to. "maybe_sent": the message left, its answer did not arrive."""

SMTP_PHASES: tuple[str, ...] = ("connect", "hello", "tls", "auth", "mail", "rcpt", "data", "body", "quit")
"""The steps of handing over a mail; "body" is the wait for the answer to the whole message."""

BACK_OFF: tuple[timedelta, ...] = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(minutes=30),
)
"""Waits after the first, second, ... failed attempt; the last one repeats."""

JITTER = 0.2
LAST_TRY = timedelta(minutes=1)
LONGEST_PAUSE, BREAK = timedelta(hours=1), timedelta(seconds=30)
FAILURES_TO_BREAK = 10
PROVIDER_FAULTS = frozenset({TEMPORARY, MAYBE_SENT})
"""Outcomes that say something about the provider, not about one address or one message."""

LONGEST_ASKED = timedelta(days=3650)
PUSH_ANSWERS: dict[int, str] = {
    200: ACCEPTED,
    201: ACCEPTED,
    202: ACCEPTED,
    204: ACCEPTED,
    400: OUR_FAULT,
    401: OUR_FAULT,
    403: OUR_FAULT,
    404: PERMANENT_ADDRESS,
    408: TEMPORARY,
    410: PERMANENT_ADDRESS,
    413: OUR_FAULT,
    425: TEMPORARY,
    429: TEMPORARY,
}
"""What a push service says by the status of its answer. Source: RFC 8030, and RFC 8292 for a signature refused."""

OTHER_ANSWERS: tuple[tuple[int, str], ...] = (
    (500, TEMPORARY),
    (400, OUR_FAULT),
    (300, OUR_FAULT),
    (200, ACCEPTED),
)
"""Any other status, from the one given; a redirect (300) is never followed."""

TOO_LARGE = 413
_SECONDS = re.compile(r"\d{1,12}", re.ASCII)
_NOT_ABOUT_THE_ADDRESS = frozenset({500, 501, 502, 503, 504, 530, 534, 535, 538})
_MAILBOX_FULL = 552


class UnknownPhase(ValueError):
    """Raised for a step that SMTP_PHASES does not have."""


def next_attempt_at(
    attempt: int,
    now: datetime,
    useful_until: datetime,
    random01: float,
    back_off: tuple[timedelta, ...] = BACK_OFF,
    asked: timedelta | None = None,
) -> datetime | None:
    """When to try again after attempt number `attempt` (from 1) failed at `now`; None when that is too late.

    Retries go on while the message is useful, not a number of times. `random01` (0 to 1) spreads the wait
    over 20 % to each side. `asked` is the wait that the provider asked for: never sooner, but where it reaches
    beyond the end of usefulness there is one last try a minute before it.
    """
    wait = back_off[min(attempt, len(back_off)) - 1]
    at = now + wait * (1 - JITTER + 2 * JITTER * random01)
    if asked is not None and now + asked > at:
        at = min(now + asked, max(at, useful_until - LAST_TRY))
    return at if at < useful_until else None


def pause_of(failures: int, asked: timedelta | None) -> timedelta:
    """How long to leave a provider alone: as long as it asked, an hour at most, or, after ten failures in a row
    without one success, half a minute."""
    by_failures = BREAK if failures >= FAILURES_TO_BREAK else timedelta(0)
    return max(by_failures, min(asked or timedelta(0), LONGEST_PAUSE))


def may_try_again(outcome: str, maybe_sent_before: int = 0) -> bool:
    """Whether an outcome allows another attempt.

    `maybe_sent_before` counts earlier attempts of this delivery whose answer was lost: one more is sent,
    with the same Message-ID, and never a third. Our own fault is tried again, so that a mended setting helps.
    """
    if outcome == MAYBE_SENT:
        return maybe_sent_before == 0
    return outcome in (TEMPORARY, OUR_FAULT)


def outcome_of_smtp(code: int | None, phase: str) -> str:
    """What a reply code at a step of the hand-over means; code None is a dropped connection or a time-out.

    A mail is accepted once the answer to its body was positive, whatever follows. A refused recipient is
    that address's fault, every other refusal ours. Source: RFC 5321. Raises UnknownPhase.
    """
    if phase not in SMTP_PHASES:
        raise UnknownPhase(phase)
    if phase == "quit":
        return ACCEPTED
    if code is None:
        return MAYBE_SENT if phase == "body" else TEMPORARY
    if code >= 500:
        return _refused(code, phase)
    return ACCEPTED if phase == "body" and code < 400 else TEMPORARY


def outcome_of_push(status: int | None, *, body_left: bool = True) -> str:
    """What the status of a push service's answer means; None is no answer within the time, or a lost connection.

    Without an answer it matters whether the message had left: then it may have arrived.
    """
    if status is None:
        return MAYBE_SENT if body_left else TEMPORARY
    if status in PUSH_ANSWERS:
        return PUSH_ANSWERS[status]
    return next((outcome for least, outcome in OTHER_ANSWERS if status >= least), OUR_FAULT)


def outcome_of_hook(status: int | None, *, body_left: bool = True) -> str:
    """As `outcome_of_push`, for the operator's webhook: 410 means that it does not know this person; 404 that its
    address is wrong, which the operator can mend."""
    return OUR_FAULT if status == 404 else outcome_of_push(status, body_left=body_left)


def asked_wait(header: str | None, now: datetime) -> timedelta | None:
    """How long a Retry-After header asks us to wait, in either form: seconds or a date. None where it says nothing
    that can be read, or a time that is past. Source: RFC 9110 section 10.2.3."""
    text = (header or "").strip()
    if _SECONDS.fullmatch(text):
        wait = timedelta(seconds=min(int(text), LONGEST_ASKED.total_seconds()))
        return wait if wait > timedelta(0) else None
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
    wait = (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    return min(wait, LONGEST_ASKED) if wait > timedelta(0) else None


def _refused(code: int, phase: str) -> str:
    if phase != "rcpt" or code in _NOT_ABOUT_THE_ADDRESS:
        return OUR_FAULT
    # RFC 5321: where it means too many recipients, 552 is to be read as 452, try later.
    return TEMPORARY if code == _MAILBOX_FULL else PERMANENT_ADDRESS
