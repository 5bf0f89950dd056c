"""The rules that the phone has by itself: what counts as an answer, when to ask how fast it came."""

import random
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page

from companion.domain.hand_function import MOVEMENT_ANSWERS, MOVEMENTS, SIDES, movement_step
from companion.domain.safety import LOOK_BACK_DAYS, EarlierRating, asks_when_it_came

NO = {"error": "No", "advice": "Do this", "status": 0}
ENTRY = {"id": "k", "fields": [], "owner": "ana"}


def ours(status: int, **more: Any) -> dict[str, Any]:
    return {"status": status, "json": {**NO, "status": status, **more}}


ANSWERS: list[tuple[Any, str]] = [
    (None, "later stop"),
    ({"status": 201, "json": {"client_id": "k", "id": "row"}}, "accepted"),
    ({"status": 200, "json": {"client_id": "k", "id": "row"}}, "accepted"),
    ({"status": 200, "json": {"client_id": "other", "id": "row"}}, "later stop"),
    ({"status": 200, "json": {"client_id": "k"}}, "later stop"),
    ({"status": 200, "json": None}, "later stop"),
    ({"status": 0, "json": None}, "later stop"),
    ({"status": 303, "json": None}, "later stop"),
    ({"status": 401, "json": None}, "later"),
    ({"status": 404, "json": {"error": "not ours"}}, "later"),
    ({"status": 413, "json": None}, "later"),
    ({"status": 502, "json": None}, "later stop"),
    (ours(401), "sign-in stop"),
    (ours(409, reason="other_account"), "sign-in"),
    (ours(400), "rejected"),
    (ours(403), "rejected"),
    (ours(404), "rejected"),
    (ours(409), "rejected"),
    (ours(413), "rejected"),
    (ours(422), "rejected"),
    (ours(422, reason="other_body"), "rejected"),
    (ours(429), "later stop"),
    (ours(500), "later"),
    (ours(503), "later stop"),
]
JUDGE = """async ({ base, entry, answers }) => {
  const { judge } = await import(`${base}/js/offline/outbox.js`);
  return answers.map((answer) => judge(entry, answer)).map((one) => one.kind + (one.stop ? " stop" : ""));
}"""
SAFETY = """async ({ base, cases }) => {
  const { asksWhenItCame } = await import(`${base}/js/offline/safety.js`);
  return cases.map((one) => asksWhenItCame(one));
}"""
STEPS = """async ({ base, forms }) => {
  const { stepsIn } = await import(`${base}/js/offline/safety.js`);
  return forms.map((fields) => stepsIn(fields));
}"""


@pytest.fixture
def base(page: Page, app_behind_network: Any) -> str:
    """Where the scripts are; the page may load them."""
    app, _network = app_behind_network
    page.goto(f"{app.config['COMPANION'].base_url}/offline")
    return f"{app.config['COMPANION'].base_url}{app.static_url_path}"


def test_f37_only_json_that_names_the_entry_takes_it_off_the_phone(page: Page, base: str) -> None:
    asked = {"base": base, "entry": ENTRY, "answers": [answer for answer, _kind in ANSWERS]}
    assert page.evaluate(JUDGE, asked) == [kind for _answer, kind in ANSWERS]


def test_the_safety_question_is_asked_as_on_the_server(page: Page, base: str) -> None:
    dice, today = random.Random(20261128), date(2026, 3, 2)
    cases, expected = [], []
    for _ in range(400):
        days = [dice.randrange(-1, 6) for _ in range(dice.randrange(4))]
        earlier = [
            EarlierRating(dice.choice(["left", "right", "pinch left"]), today - timedelta(d), dice.randrange(5))
            for d in days
        ]
        ratings = {hand: dice.choice([None, 0, 1, 2, 3, 4]) for hand in ("left", "right", "pinch left")}
        new = dice.random() < 0.05
        told = [{"hand": e.hand, "on": e.on.isoformat(), "rating": e.rating} for e in earlier]
        about = {"today": today.isoformat(), "earlier": told, "ratings": ratings, "somethingNew": new}
        cases.append({**about, "lookBackDays": LOOK_BACK_DAYS})
        expected.append(asks_when_it_came(today, earlier, ratings, new))
    assert page.evaluate(SAFETY, {"base": base, "cases": cases}) == expected
    assert 50 < sum(expected) < 350


def test_what_can_fall_is_read_from_a_form_as_on_the_server(page: Page, base: str) -> None:
    """With "the rest is as usual" all movements that were not marked count as answered."""
    dice, forms, expected = random.Random(20261128), [], []
    for rest in ["", "as_usual"] * 20:
        marked = {
            (m, s): dice.choice([*MOVEMENT_ANSWERS, ""]) for m in MOVEMENTS for s in SIDES if dice.random() < 0.5
        }
        said = {f"movement_{movement}_{side}": answer for (movement, side), answer in marked.items()}
        forms.append([*said.items(), ("left_rating", "3"), ("right_rating", ""), ("rest", rest)])
        answers = {(m, s): marked.get((m, s)) or rest for m in MOVEMENTS for s in SIDES}
        steps = {f"{m} {s}": movement_step(answer) for (m, s), answer in answers.items() if answer}
        expected.append({"left": 3} | steps)
    assert page.evaluate(STEPS, {"base": base, "forms": forms}) == expected
