"""Random offline schedules around the real outbox lose and double nothing. A seed plays its schedule again."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

SIMULATION = Path(__file__).with_name("simulation.js").read_text(encoding="utf-8")
SEEDS = 300
LONG_SEEDS = 10_000
AT_ONCE = 1_000


@pytest.fixture
def play(page: Page, app_behind_network: Any) -> Any:
    """Play schedules by their seeds."""
    app, _network = app_behind_network
    url = app.config["COMPANION"].base_url
    page.goto(f"{url}/offline")

    def run(seeds: range, flaw: str | None = None) -> dict[str, Any]:
        asked = {"base": f"{url}{app.static_url_path}", "seeds": list(seeds), "flaw": flaw}
        return dict(page.evaluate(SIMULATION, asked))

    return run


def test_hundreds_of_schedules_lose_and_double_nothing(play: Any) -> None:
    result = play(range(1, SEEDS + 1))
    assert result["failures"] == []
    assert result["schedules"] == SEEDS
    assert result["rows"] > SEEDS


@pytest.mark.parametrize(
    ("flaw", "wrong"), [("any page counts", "lost"), ("fresh keys", "doubled"), ("never asks", "lost")]
)
def test_the_simulation_finds_what_it_looks_for(play: Any, flaw: str, wrong: str) -> None:
    """A client that takes any page for an answer loses; one that makes a key for each try doubles.

    And one that never asks what a server of an older day forgot loses that.
    """
    failures = play(range(1, 61), flaw)["failures"]
    assert any(words.startswith(wrong) for failure in failures for words in failure["wrong"])


@pytest.mark.long
@pytest.mark.timeout(600)
def test_ten_thousand_schedules_lose_and_double_nothing(play: Any) -> None:
    failures = []
    for first in range(1, LONG_SEEDS + 1, AT_ONCE):
        failures += play(range(first, first + AT_ONCE))["failures"]
    assert failures == []
