"""Whoever writes without end is slowed down, by account, and told when to come back."""

from collections.abc import Callable
from typing import Any

import pytest

from companion.extensions import limiter
from companion.limits import WRITES_OF_ACCOUNT
from tests.people import People

pytestmark = pytest.mark.parametrize("app", ["sqlite"], indirect=True)


@pytest.mark.parametrize("number", [0, 1])
def test_an_account_that_writes_without_end_is_slowed_down(
    people: People, client_of: Callable[..., Any], number: int
) -> None:
    limit, ana, form = WRITES_OF_ACCOUNT[number], client_of(people.ana), {"left_rating": "3"}
    limiter.limiter.hit(limit, "writes", people.ana.public_id, cost=limit.amount - 1)
    assert ana.post("/check-ins", data=form).status_code == 303
    refused = ana.post("/check-ins", data=form)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, str(limit.get_expiry()))
    assert "Wait some minutes" in refused.text
    program = {"Accept": "application/json", "X-App-Request": "1"}
    answer = ana.post("/api/v1/check-ins", json={"left_rating": 3}, headers=program)
    assert (answer.status_code, answer.json["status"]) == (429, 429)
    again = client_of(people.ana)
    assert again.post("/check-ins", data=form).status_code == 429, "another device is the same account"
    assert ana.get("/check-ins").status_code == 200, "reading goes on"
    assert client_of(people.sam).post("/check-ins", data=form).status_code == 303, "others go on"


def test_every_limit_says_when_to_come_back(client_of: Callable[..., Any]) -> None:
    for path in ("/clinician/none", "/add-vials/none"):
        statuses = [client_of(None).get(path) for _ in range(61)]
        assert (statuses[59].status_code, statuses[60].status_code) == (404, 429), path
        assert int(statuses[60].headers["Retry-After"]) == 60, path
