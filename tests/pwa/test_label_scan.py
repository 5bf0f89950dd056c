"""Labels read by the camera, and the slip on one sheet, in a real browser with a camera that films itself."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import expect

from companion import clock
from companion.database import transaction
from tests import factories
from tests.infusions.plans import TODAY, courses, start
from tests.journeys.looking import look_at

READER = """window.codes = [];
window.BarcodeDetector = class {
  static async getSupportedFormats() { return window.formats || ["data_matrix", "qr_code"]; }
  async detect() { return window.codes.splice(0, 1).map((rawValue) => ({ rawValue })); }
};
navigator.vibrate = () => { window.buzzes = (window.buzzes || 0) + 1; return true; };"""
ONE, TWO = "\x1d010030944270004310LF4117A\x1d21SER1", "010030944270004310LF4118B"
CAMERA = "() => navigator.mediaDevices.getUserMedia({ video: true }).then(() => 'open', (error) => error.name)"


@pytest.fixture
def way_in(served: Flask) -> tuple[str, str]:
    """A course of five days, and a token of its patient."""
    with served.test_request_context(), transaction():
        name = f"kim{clock.now().timestamp()}"
        kim = factories.account("Kim", f"{name}@example.org")
        circle, first_on = factories.circle(patient=kim), TODAY - timedelta(days=1)
        plan = start(circle, first_on.isoformat(), day_offsets=[0, 1, 2, 3, 4], now=clock.now() - timedelta(days=2))
        return f"/infusions/{courses(plan)[0].public_id}", factories.session_token(kim, clock.now())


@pytest.fixture
def open_page(served: Flask, new_context: Callable[..., Any], way_in: tuple[str, str]) -> Callable[..., Any]:
    def open_page(script: str = "") -> Any:
        context = new_context()
        context.add_cookies([{"name": "session", "value": way_in[1], "url": served.config["COMPANION"].base_url}])
        context.add_init_script(script)
        page = context.new_page()
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(f"script: {error}"))
        return page

    return open_page


def test_codes_become_lines_once_each_and_the_camera_stops(open_page, way_in) -> None:
    page = open_page(READER)
    page.goto(f"{way_in[0]}/vials/new")
    status = page.locator("[data-scan=status]")
    page.get_by_role("button", name="Scan with the camera").click()
    expect(status).to_have_text("Hold the code of a label in the picture.")
    expect(page.get_by_role("button", name="Stop the camera")).to_be_focused()
    page.evaluate("codes => { window.codes = codes }", [ONE, ONE, TWO])
    expect(status).to_have_text("Codes read: 2")
    page.evaluate("window.codes = ['https://example.org']")
    expect(status).to_have_text("This code has no lot. Look for the one with the lot.")
    expect(page.get_by_label("One bottle a line")).to_have_value(f"{ONE[1:].replace(chr(29), '<GS>')}\n{TWO}\n")
    assert page.evaluate("window.buzzes") == 2
    look_at(page)
    page.get_by_role("button", name="Stop the camera").click()
    expect(page.get_by_role("button", name="Scan with the camera")).to_be_focused()
    expect(page.locator("video")).to_be_hidden()
    assert page.evaluate("document.querySelector('video').srcObject") is None
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("2 bottles are saved.")).to_be_visible()
    assert page.evaluate(CAMERA) == "NotAllowedError", "no other page may use the camera"


def test_a_browser_that_cannot_read_codes_offers_no_camera(open_page, way_in) -> None:
    page = open_page(f"window.formats = ['ean_13'];{READER}")
    page.goto(f"{way_in[0]}/vials/new")
    expect(page.get_by_role("button", name="Save")).to_be_visible()
    expect(page.get_by_text("Scan with the camera")).to_be_hidden()


@pytest.mark.long
def test_the_slip_of_five_days_fits_one_sheet(open_page, way_in) -> None:
    page = open_page()
    for language in ("en", "zh"):
        page.goto(f"{way_in[0]}/slip?lang={language}")
        look_at(page, axe=language == "zh")
        for sheet in ("A4", "Letter"):
            assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format=sheet))) == 1, (language, sheet)
