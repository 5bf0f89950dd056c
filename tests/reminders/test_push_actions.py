"""What a device offers beside a reminder."""

import json
from datetime import UTC, datetime

import pytest

from companion.database import transaction
from companion.delivery.operations import composer_of, ensure_vapid_key
from tests import factories
from tests.reminders.conftest import AFTER, MORNING, WEEK_BEFORE

STARTED = datetime(2026, 11, 30, 9, 5, tzinfo=UTC)


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("stage", "now", "language", "offered"),
    [
        ("day_before", datetime(2026, 11, 29, 9, tzinfo=UTC), "en", {"later": "Later"}),
        ("morning", MORNING, "zh", {"later": "稍后"}),
        ("did_it_happen", AFTER, "en", {"done": "Done", "later": "Later"}),
        ("did_it_happen", AFTER, "zh", {"done": "做了", "later": "稍后"}),
    ],
)
def test_what_is_still_ahead_cannot_be_done(people, plan, planned, at, stage, now, language, offered):
    at(WEEK_BEFORE)
    plan()
    with transaction():
        people.ana.language = language
        ensure_vapid_key(now=WEEK_BEFORE)
        factories.push_subscription(people.ana)
    row = next(one for one in planned() if one.stage == stage and one.channel == "push")
    at(now)
    notification = json.loads(composer_of("infusion_day")(row, now).payload)["notification"]
    assert {one["action"]: one["title"] for one in notification["actions"]} == offered
    later = notification["actions"][-1]["navigate"]
    assert later == f"{notification['navigate']}?step=later"
    assert "/answers/" in later
