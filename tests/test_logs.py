"""The log says what the program did, never what a person wrote, measured or may open."""

import io
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from wtforms.fields.core import UnboundField

from companion.access import public
from companion.accounts.models import Account
from companion.forms import Form
from companion.logs import log, scrubbed
from tests.people import People
from tests.test_access import ask, row_for, ways

pytestmark = pytest.mark.parametrize("app", ["sqlite"], indirect=True)
ClientOf = Callable[[Account | None], FlaskClient]
CANARY = "canary-7f3a"


@pytest.fixture
def written(app: Flask, capfd: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """Everything that was logged, by whatever way."""
    lines = io.StringIO()
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(file=lines))
    handler = logging.StreamHandler(lines)
    logging.getLogger().addHandler(handler)

    def read() -> str:
        logging.getLogger().removeHandler(handler)
        out, err = capfd.readouterr()
        return lines.getvalue() + out + err

    return read


def events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def test_a_request_is_one_line_without_its_question(client_of: ClientOf, written: Callable[[], str]) -> None:
    client_of(None).get(f"/emergency?country=GB&q={CANARY}")
    (line,) = events(written())
    assert (line["event"], line["method"], line["path"], line["status"]) == ("request", "GET", "/emergency", 200)
    assert line["ms"] >= 0
    assert set(line) == {"event", "method", "path", "status", "ms", "level", "timestamp"}


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (f"/answers/{CANARY}", "/answers/…"),
        (f"/answers/{CANARY}/undo", "/answers/…"),
        (f"/sign-in/link/{CANARY}.{CANARY}", "/sign-in/link/…"),
        (f"/calendar/feeds/{CANARY}.ics", "/calendar/feeds/…"),
        ("/check-ins/abc/edit", "/check-ins/abc/edit"),
        ("/sign-in/code", "/sign-in/code"),
    ],
)
def test_tokens_are_left_out_of_paths(app: Flask, path: str, shown: str) -> None:
    assert scrubbed(path) == shown


def test_no_address_brings_its_token_into_the_log(
    app: Flask, client_of: ClientOf, written: Callable[[], str]
) -> None:
    client = client_of(None)
    paths = [f"/answers/{CANARY}", f"/sign-in/link/{CANARY}", f"/ANSWERS/{CANARY}", f"//answers//{CANARY}"]
    paths += [f"/answers/{CANARY}/more", f"/{CANARY}"]
    paths += [str(one).replace("<token>", CANARY) for one in app.url_map.iter_rules() if "token" in one.arguments]
    assert len(paths) > 15
    for path in paths:
        client.get(path)
        client.post(path)
    text = written()
    assert len(events(text)) >= 2 * len(paths)
    assert CANARY not in text


def test_nothing_that_is_typed_is_logged(
    app: Flask, people: People, client_of: ClientOf, written: Callable[[], str]
) -> None:
    """Every form gets the canary in every field, as a patient and as somebody who signs in."""
    app.config["RAISE_ERRORS"] = False
    ana = client_of(people.ana)
    fields, forms = {"name", "device", "code", "labels", "kept-url"}, [Form]
    while forms:
        forms += (form := forms.pop()).__subclasses__()
        fields |= {name for name, one in vars(form).items() if isinstance(one, UnboundField)}
    assert len(fields) > 100
    form = dict.fromkeys(fields, CANARY)
    for way in ways(app):
        if way.method != "GET":
            path = way.path(row_for(way, people))
            if path.startswith("/api/"):
                ana.post(path, json=form, headers={"X-App-Request": "1"})
            answer = ana.post(path, data=form | {"circle": people.circle.public_id}, buffered=True)
            assert CANARY not in (answer.location or ""), "nor does an address carry it on"
    nobody = client_of(None)
    nobody.post("/sign-in", data={"email": f"{CANARY}@example.org"})
    nobody.post("/sign-in/code", data={"code": CANARY})
    nobody.get("/check-ins", headers={"User-Agent": CANARY, "Referer": CANARY, "Cookie": f"session={CANARY}"})
    kept = "".join(line for line in written().splitlines(keepends=True) if line.startswith("{"))
    assert kept
    assert CANARY not in kept


class Awkward(Exception):
    """An error whose words quote what a person wrote."""


@pytest.mark.parametrize("way", ["handler", "log", "given", "handled twice", "logger"])
def test_an_error_is_logged_by_its_kind_and_place(
    app: Flask, people: People, client_of: ClientOf, written: Callable[[], str], way: str
) -> None:
    app.config["RAISE_ERRORS"] = False

    def fail() -> str:
        raise Awkward(CANARY)

    if way in ("handler", "handled twice"):
        app.add_url_rule("/broken", "broken", public(fail))
        if way == "handled twice":
            app.jinja_env.globals["url_for"] = lambda *_, **__: fail()  # even the page of the error fails
        page = client_of(people.ana).get("/broken")
        assert page.status_code == 500
        assert "Nothing was saved" in page.text
    else:
        try:
            fail()
        except Awkward as error:
            if way == "log":
                log.exception("job failed")
            elif way == "given":
                log.error("job failed", exc_info=error)
            else:
                app.logger.exception("Exception on %s", f"/answers/{CANARY}")
    text = written()
    assert CANARY not in text
    found = [line for line in events(text) if line.get("error") == "Awkward"]
    assert found
    assert found[0]["level"] == "error"
    assert any(place.startswith("tests/test_logs.py:") for place in found[0]["trace"])


def test_a_line_cannot_be_forged(app: Flask, written: Callable[[], str]) -> None:
    log.info('x\n{"event": "forged"}')
    assert len(written().strip().splitlines()) == 1


def test_every_page_is_one_line(app: Flask, people: People, client_of: ClientOf, written: Callable[[], str]) -> None:
    ana, asked = client_of(people.ana), 0
    for way in ways(app):
        if way.method == "GET":
            ask(ana, way, row_for(way, people), people)
            asked += 1
    assert len([line for line in events(written()) if line["event"] == "request"]) == asked
