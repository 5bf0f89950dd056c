"""Back-off and the meaning of a mail server's answers."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.domain import retry

NOW = datetime(2026, 6, 15, 9, tzinfo=UTC)
LATER = NOW + timedelta(days=3)


@pytest.mark.parametrize(
    ("attempt", "seconds"), [(1, 30), (2, 120), (3, 300), (4, 900), (5, 1800), (6, 1800), (50, 1800)]
)
def test_back_off(attempt: int, seconds: int) -> None:
    assert retry.next_attempt_at(attempt, NOW, LATER, 0.5) == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(("random01", "seconds"), [(0.0, 24), (0.5, 30), (1.0, 36)])
def test_jitter_is_a_fifth_to_each_side(random01: float, seconds: int) -> None:
    assert retry.next_attempt_at(1, NOW, LATER, random01) == NOW + timedelta(seconds=seconds)


def test_no_attempt_when_it_is_no_longer_useful() -> None:
    assert retry.next_attempt_at(1, NOW, NOW + timedelta(seconds=30), 0.5) is None
    assert retry.next_attempt_at(1, NOW, NOW + timedelta(seconds=31), 0.5) is not None


def test_waits_can_be_shortened() -> None:
    short = (timedelta(seconds=1),)
    assert retry.next_attempt_at(3, NOW, LATER, 0.5, short) == NOW + timedelta(seconds=1)


@given(st.integers(1, 200), st.floats(0, 1), st.integers(0, 100_000))
def test_the_next_attempt_is_later_and_still_useful(attempt: int, random01: float, seconds: int) -> None:
    until = NOW + timedelta(seconds=seconds)
    at = retry.next_attempt_at(attempt, NOW, until, random01)
    assert at is None or NOW < at < until


def test_retries_end_only_when_the_message_is_useless() -> None:
    at, attempt = NOW, 0
    while (later := retry.next_attempt_at(attempt + 1, at, LATER, 0.5)) is not None:
        at, attempt = later, attempt + 1
    assert attempt > 140
    assert LATER - at <= timedelta(minutes=30)


@pytest.mark.parametrize(
    ("outcome", "maybe_sent_before", "again"),
    [
        ("accepted", 0, False),
        ("temporary", 0, True),
        ("temporary", 5, True),
        ("permanent_address", 0, False),
        ("our_fault", 0, True),
        ("maybe_sent", 0, True),
        ("maybe_sent", 1, False),
    ],
)
def test_may_try_again(outcome: str, maybe_sent_before: int, again: bool) -> None:
    assert retry.may_try_again(outcome, maybe_sent_before) is again


@pytest.mark.parametrize(
    ("code", "phase", "outcome"),
    [
        (None, "connect", "temporary"),
        (None, "tls", "temporary"),
        (None, "rcpt", "temporary"),
        (None, "data", "temporary"),
        (None, "body", "maybe_sent"),
        (None, "quit", "accepted"),
        (421, "connect", "temporary"),
        (450, "rcpt", "temporary"),
        (451, "body", "temporary"),
        (421, "quit", "accepted"),
        (250, "body", "accepted"),
        (250, "rcpt", "temporary"),
        (550, "rcpt", "permanent_address"),
        (553, "rcpt", "permanent_address"),
        (552, "rcpt", "temporary"),
        (530, "rcpt", "our_fault"),
        (503, "rcpt", "our_fault"),
        (535, "auth", "our_fault"),
        (550, "mail", "our_fault"),
        (554, "body", "our_fault"),
        (552, "body", "our_fault"),
    ],
)
def test_outcome_of_smtp(code: int | None, phase: str, outcome: str) -> None:
    assert retry.outcome_of_smtp(code, phase) == outcome


def test_an_unknown_phase_is_refused() -> None:
    with pytest.raises(retry.UnknownPhase):
        retry.outcome_of_smtp(250, "dance")


@given(st.one_of(st.none(), st.integers(200, 599)), st.sampled_from(retry.SMTP_PHASES))
def test_every_answer_has_one_meaning(code: int | None, phase: str) -> None:
    assert retry.outcome_of_smtp(code, phase) in retry.OUTCOMES


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        *((status, "accepted") for status in (200, 201, 202, 204, 207)),
        *((status, "permanent_address") for status in (404, 410)),
        *((status, "our_fault") for status in (0, 100, 301, 302, 307, 308, 400, 401, 403, 405, 413, 415, 422)),
        *((status, "temporary") for status in (408, 425, 429, 500, 502, 503, 504, 599, 999)),
    ],
)
def test_outcome_of_push(status: int, outcome: str) -> None:
    assert retry.outcome_of_push(status) == outcome
    assert retry.outcome_of_push(status, body_left=False) == outcome


def test_without_an_answer_it_matters_whether_the_message_had_left() -> None:
    assert retry.outcome_of_push(None, body_left=True) == "maybe_sent"
    assert retry.outcome_of_push(None, body_left=False) == "temporary"
    assert retry.outcome_of_hook(None, body_left=False) == "temporary"


def test_a_wrong_address_of_the_webhook_is_ours_to_mend_and_an_unknown_person_is_not() -> None:
    assert retry.outcome_of_hook(404) == "our_fault"
    assert retry.outcome_of_hook(410) == "permanent_address"


@given(st.integers(0, 999), st.booleans())
def test_every_status_has_one_meaning(status: int, body_left: bool) -> None:
    assert retry.outcome_of_push(status, body_left=body_left) in retry.OUTCOMES


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 1 ", 1),
        ("Mon, 15 Jun 2026 09:02:00 GMT", 120),
        ("Monday, 15-Jun-26 09:02:00 GMT", 120),
        ("Mon Jun 15 09:02:00 2026", 120),
        ("Mon, 15 Jun 2026 11:02:00 +0200", 120),
        ("315360000", 315_360_000),
        ("999999999999", 315_360_000),
        ("Mon, 15 Jun 2099 09:00:00 GMT", 315_360_000),
        *((header, None) for header in (None, "", "0", "-5", "1.5", "soon", "1e3", "٣", "9" * 40)),
        *((header, None) for header in ("Mon, 15 Jun 2026 09:00:00 GMT", "Mon, 15 Jun 1970 09:00:00 GMT")),
        *((header, None) for header in ("Mon, 99 Jun 2026 09:00:00 GMT", "Mon, 15 Jun 99999 09:00:00 GMT")),
    ],
)
def test_asked_wait(header: str | None, seconds: int | None) -> None:
    assert retry.asked_wait(header, NOW) == (None if seconds is None else timedelta(seconds=seconds))


@given(st.text(max_size=60))
def test_any_header_asks_for_a_bounded_wait_or_none(header: str) -> None:
    wait = retry.asked_wait(header, NOW)
    assert wait is None or timedelta(0) < wait <= retry.LONGEST_ASKED
    at = retry.next_attempt_at(1, NOW, LATER, 0.5, asked=wait)
    assert at is not None
    assert NOW < at < LATER
    assert retry.pause_of(1, wait) <= retry.LONGEST_PAUSE


@pytest.mark.parametrize(("asked", "seconds"), [(10, 30), (120, 120), (3600 * 24 * 3650, 3600 * 72 - 60)])
def test_a_wait_that_was_asked_for_is_kept_and_never_past_the_end_of_usefulness(asked: int, seconds: int) -> None:
    at = retry.next_attempt_at(1, NOW, LATER, 0.5, asked=timedelta(seconds=asked))
    assert at == NOW + timedelta(seconds=seconds)
