"""Whether a device shows what it is sent."""

from datetime import UTC, datetime, timedelta

import pytest

from companion.delivery.models import PushSubscription
from companion.delivery.queries import is_confirmed

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sent", "waiting", "is_sure"),
    [
        (0, None, True),
        (2, timedelta(days=13), True),
        (1, timedelta(days=14), False),
        (3, timedelta(minutes=1), False),
        (3, timedelta(seconds=10), True),  # three went out in one go: the device had no time yet
    ],
)
def test_three_in_silence_or_fourteen_days_but_not_before_it_could_answer(sent, waiting, is_sure):
    since = NOW - waiting if waiting else None
    device = PushSubscription(confirmed_at=NOW - timedelta(days=20), sent_since_confirmed=sent)
    device.first_unconfirmed_at = since
    assert is_confirmed(device, NOW) is is_sure
    device.closed_at = NOW
    assert not is_confirmed(device, NOW)
