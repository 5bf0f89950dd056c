"""The record of a given day in a browser without scripts: spots on the body, rows that come, and Save."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask
from playwright.sync_api import expect

from companion import clock
from companion.database import transaction
from companion.extensions import db
from companion.infusions import operations
from companion.infusions.models import InfusionDay
from tests import factories
from tests.infusions.plans import TODAY, courses, start

WIDTHS = "spots => spots.map(spot => Math.min(spot.offsetWidth, spot.offsetHeight))"


def day_and_token(app: Flask) -> tuple[str, str]:
    """Yesterday's infusion under the skin, and a way in for its patient."""
    with app.test_request_context(), transaction():
        nora = factories.account("Nora", "nora@example.org")
        circle, yesterday = factories.circle(patient=nora), TODAY - timedelta(days=1)
        plan = start(circle, yesterday.isoformat(), route="SC", now=clock.now() - timedelta(days=2))
        return courses(plan)[0].days[0].public_id, factories.session_token(nora, clock.now())


def test_a_spot_is_tapped_a_row_is_added_and_all_is_saved(served: Flask, new_context: Callable[..., Any]) -> None:
    public_id, token = day_and_token(served)
    context = new_context(java_script_enabled=False)
    url = served.config["COMPANION"].base_url
    context.add_cookies([{"name": "session", "value": token, "url": url}])
    page = context.new_page()
    page.goto(f"/infusion-days/{public_id}/given-record")
    page.get_by_text("Places under the skin").click()
    assert min(page.locator(".body-map__spot").evaluate_all(WIDTHS)) >= 56
    left, right = (page.locator(f".body-map__spot--thigh-{side}") for side in ("left", "right"))
    assert left.bounding_box()["x"] < right.bounding_box()["x"]
    left.click()
    tile = page.get_by_role("checkbox", name="Left thigh")
    expect(tile).to_be_checked()
    expect(left.locator(".body-map__tick")).to_be_visible()
    page.locator('[name="site-thigh_left-ml"]').fill("20")
    expect(page.locator('[name="site-thigh_right-ml"]')).to_be_hidden()
    page.get_by_text("Speed, medicines before, drinks").click()
    page.get_by_role("button", name="Add a speed").click()
    expect(tile).to_be_checked()
    page.locator('[name="rates-0-ml_h"]').fill("60")
    page.locator('[name="rates-0-ml_h"]').press("Enter")  # saves, and does not press another button
    expect(page.get_by_text("The record is saved.")).to_be_visible()
    with served.test_request_context():
        db.session.rollback()
        facts = operations.facts_of(db.session.query(InfusionDay).filter_by(public_id=public_id).one())
    assert facts["sites"] == [{"site": "thigh_left", "ml": "20", "needle_mm": None}]
    assert facts["rates"] == [{"time": None, "ml_h": "60"}]
