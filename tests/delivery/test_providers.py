"""What answers say about a provider: pauses stay, failures are forgotten, a refusal alarms once."""

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from companion.database import transaction
from companion.delivery import queries
from companion.delivery.channels.base import Outcome
from companion.delivery.operations.providers import note_provider
from companion.domain.retry import ACCEPTED, OUR_FAULT, PERMANENT_ADDRESS, TEMPORARY
from tests.delivery.conftest import NOON

HOST = "push.example.org"
SECOND = timedelta(seconds=1)
TAKEN, REFUSED = Outcome(ACCEPTED, "201"), Outcome(OUR_FAULT, "403 BadJwtToken")


def note(*outcomes, now=NOON, name=HOST):
    with capture_logs() as logs, transaction():
        note_provider(name, outcomes, now=now)
    return [line["event"] for line in logs if line["log_level"] == "error"]


@pytest.mark.usefixtures("app")
def test_a_pause_that_was_asked_for_outlives_messages_that_were_under_way():
    note(Outcome(TEMPORARY, "429", timedelta(seconds=120)), TAKEN)
    note(TAKEN, now=NOON + SECOND)
    note(Outcome(TEMPORARY, "429", timedelta(seconds=5)), now=NOON + SECOND)
    assert queries.is_paused(HOST, NOON + 119 * SECOND)
    assert not queries.is_paused(HOST, NOON + 120 * SECOND)
    assert not queries.is_paused("other.example.org", NOON + SECOND)
    note(Outcome(TEMPORARY, "429", timedelta(days=3650)))
    assert queries.is_paused(HOST, NOON + timedelta(minutes=59))
    assert not queries.is_paused(HOST, NOON + timedelta(minutes=60))


@pytest.mark.usefixtures("app")
def test_ten_failures_in_a_row_pause_it_and_one_success_forgets_them():
    note(*[Outcome(TEMPORARY, "503")] * 9)
    assert not queries.is_paused(HOST, NOON)
    note(TAKEN)
    assert queries.providers_in_trouble(NOON) == {}
    note(*[Outcome(TEMPORARY, "503")] * 10)
    assert queries.is_paused(HOST, NOON + 29 * SECOND)
    assert queries.providers_in_trouble(NOON) == {HOST: "503"}


@pytest.mark.usefixtures("app")
def test_a_refusal_alarms_once_and_is_shown_until_it_is_mended():
    assert note(REFUSED, REFUSED) == ["a provider refuses our messages"]
    assert note(REFUSED, now=NOON + timedelta(hours=20)) == []
    assert queries.providers_in_trouble(NOON) == {HOST: "our_fault 403 BadJwtToken"}
    assert note(Outcome(PERMANENT_ADDRESS, "410"), now=NOON + timedelta(hours=21)) == []
    assert queries.providers_in_trouble(NOON) == {}
    assert note(REFUSED, now=NOON + timedelta(hours=22)) == []
    assert note(REFUSED, now=NOON + timedelta(hours=47)) == ["a provider refuses our messages"]
    assert not queries.is_paused(HOST, NOON + timedelta(hours=47))
    assert note(REFUSED, name="email") == ["a provider refuses our messages"]
