"""A daughter keeps the circle of her father, who writes on paper: she types his month in and prints his card."""

from datetime import timedelta
from typing import Any

import pytest

from companion.checkins.models import CheckIn
from tests import factories
from tests.infusions.plans import TODAY
from tests.journeys.looking import look_around
from tests.journeys.test_nurse_vials import LANGUAGES_AND_THEMES
from tests.running import RunningApp

pytestmark = pytest.mark.long

LAST = (TODAY.replace(day=1) - timedelta(days=1)).replace(day=1)
SAVE = {"en": "Save", "zh": "保存"}
PRINTED = {"en": "How are my hands?", "zh": "我的手怎么样？"}


@pytest.mark.timeout(300)
@LANGUAGES_AND_THEMES
def test_a_month_on_paper_is_typed_without_a_key_between_the_digits(
    web: RunningApp, life_before: Any, phone: Any, language: str, theme: str
) -> None:
    with life_before() as now:
        daughter = factories.account("Mei", "mei@example.org", language=language)
        circle = factories.circle(keeper=daughter, patient_name="Father", language="zh", has_grip_meter=False)
        factories.check_in(circle, daughter, on=LAST.replace(day=3))
        token = factories.session_token(daughter, now)
    page = phone(language, theme, signed_in=(web, token))
    page.goto(f"{web.url}/paper-logs")
    look_around(page)
    page.goto(f"{web.url}/paper-logs/{LAST:%Y-%m}")
    assert PRINTED["zh"] in page.locator(".paper").first.inner_text()
    look_around(page)
    page.goto(f"{web.url}/paper-logs/{LAST:%Y-%m}/answers")
    look_around(page)
    boxes = page.locator("[data-next]")
    days = boxes.count() // 2
    assert days == (TODAY.replace(day=1) - LAST).days - 1
    boxes.first.focus()
    page.keyboard.type("43" * days)
    page.get_by_role("button", name=SAVE[language], exact=True).click()
    page.wait_for_url("**/check-ins?**")
    with life_before():
        typed = CheckIn.told_by == "paper"
        rows = factories.db.session.query(CheckIn).filter(typed).order_by(CheckIn.on).all()
        assert len(rows) == days
        assert {(row.left_rating, row.right_rating) for row in rows} == {(4, 3)}
    page.goto(f"{web.url}/medical-card")
    assert page.locator(".wallet").count() == 2
    look_around(page)
    assert page.problems == []
