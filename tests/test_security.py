"""Headers of every answer, where unsafe requests may come from, hosts, and what is too much."""

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, abort
from flask.testing import FlaskClient

from companion.access import public
from companion.accounts.models import Account, Submission
from companion.clock import now
from companion.database import Base, transaction
from companion.extensions import db
from companion.security import MAX_BODY_BYTES, SAFE_METHODS
from tests.fixtures import make_app
from tests.people import People
from tests.test_access import ask, row_for, ways

pytestmark = pytest.mark.parametrize("app", ["sqlite"], indirect=True)
ClientOf = Callable[[Account | None], FlaskClient]

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "object-src": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "companion",
}
POLICY_OF_FILES = {
    "default-src": "'none'",
    "base-uri": "'none'",
    "object-src": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
}
KEYS = ("/answers/", "/add-vials/", "/clinician/", "/mail-stops/")
"""Addresses that are keys: they send no referrer, and their token is the proof; no cookie is read."""
ONE_CLICK = "/mail-stops/"
"""Mail programs post here without saying where they come from (RFC 8058)."""
WORDS = {"filename": "css/app.css", "slug": "what-mmn-is", "token": "unknown", "group": "name", "kind": "clinic"}


def get_paths(app: Flask) -> Iterator[str]:
    """The address of every page, with words that exist where a word is enough."""
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()):
            path = str(rule).replace("<path:", "<")
            for name in rule.arguments:
                path = path.replace(f"<{name}>", WORDS.get(name, "unknown"))
            yield path


def check_headers(answer: Any, path: str, signed_in: bool = True) -> None:
    headers = answer.headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    is_file = (path.startswith("/static/") and answer.status_code == 200) or answer.mimetype == "application/json"
    assert policy == (POLICY_OF_FILES if is_file else POLICY), path
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff", path
    is_key = path.startswith(KEYS) or (path.startswith("/calendar/feeds/") and path.endswith(".ics"))
    assert headers["Referrer-Policy"] == ("no-referrer" if is_key else "same-origin"), path
    assert headers.get("Cross-Origin-Opener-Policy") == (None if is_file else "same-origin"), path
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin", path
    assert headers.get("X-Frame-Options") == (None if is_file else "DENY"), path
    assert "Access-Control-Allow-Origin" not in headers, path
    assert headers["Content-Type"], path
    if answer.mimetype in ("text/html", "application/json"):
        may_be_kept = not signed_in and path.partition("/")[2].partition("/")[0] in ("learn", "guide", "emergency")
        assert headers["Cache-Control"] == ("no-cache" if may_be_kept else "no-store"), path


@pytest.mark.parametrize("who", ["nobody", "ana", "sam"])
def test_every_page_has_its_headers(app: Flask, people: People, client_of: ClientOf, who: str) -> None:
    client, seen = client_of(getattr(people, who, None)), set()
    for path in get_paths(app):
        answer = client.get(path)
        assert answer.status_code < 500 or path == "/readyz", path
        check_headers(answer, path, signed_in=who != "nobody")
        seen.add(answer.status_code)
    assert {200, 404} <= seen


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_every_error_has_them_too(app: Flask, people: People, client_of: ClientOf, accept: str) -> None:
    app.config["RAISE_ERRORS"] = False

    @public
    def broken() -> str:
        raise RuntimeError("canary")

    @public
    def code(number: int) -> str:
        abort(number)

    app.add_url_rule("/broken", "broken", broken)
    app.add_url_rule("/code/<int:number>", "code", code)
    client = client_of(people.ana)
    for number in (400, 401, 403, 404, 405, 410, 413, 415, 422, 429, 503):
        answer = client.get(f"/code/{number}", headers={"Accept": accept})
        assert answer.status_code == number
        check_headers(answer, str(number))
    for answer in (
        client.get("/broken", headers={"Accept": accept}),
        client.get("/nowhere", headers={"Accept": accept}),
        client.put("/check-ins", headers={"Accept": accept}),
        client.get("/", headers={"Host": "evil.example"}),
        client.post("/check-ins", headers={"Sec-Fetch-Site": "cross-site", "Accept": accept}),
    ):
        check_headers(answer, answer.status)
        assert "canary" not in answer.text
        assert "Traceback" not in answer.text
    broken_answer = client.get("/broken", headers={"Accept": accept})
    assert (broken_answer.status_code, broken_answer.mimetype) == (500, accept)


def test_a_method_that_does_not_exist_names_those_that_do(app: Flask, client_of: ClientOf) -> None:
    answer = client_of(None).put("/sign-in")
    assert answer.status_code == 405
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


def test_with_https_cookies_are_bound_to_the_host(app: Flask, tmp_path: Path) -> None:
    secure = make_app(tmp_path / "https", COMPANION_BASE_URL="https://care.example.org")
    with secure.app_context():
        client = FlaskClient(secure)
        answer = client.get("/emergency?lang=zh", base_url="https://care.example.org")
    assert answer.status_code == 200
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-lang=zh;")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert secure.config["SESSION_COOKIE_NAME"] == "__Host-page"
    assert secure.config["SESSION_COOKIE_SECURE"] is True


def test_without_https_nothing_promises_it(app: Flask, client_of: ClientOf) -> None:
    answer = client_of(None).get("/emergency?lang=zh")
    assert "Strict-Transport-Security" not in answer.headers
    assert answer.headers["Set-Cookie"].startswith("lang=zh;")
    assert {"HttpOnly", "SameSite=Lax"} <= set(answer.headers["Set-Cookie"].split("; "))


# --- where unsafe requests come from ---

OWN, NONE = "http://localhost", None
FOREIGN: list[tuple[str | None, str | None]] = [
    ("cross-site", "https://evil.example"),
    ("cross-site", OWN),
    ("cross-site", NONE),
    ("same-site", OWN),
    ("same-site", NONE),
    ("", OWN),
    ("SAME-ORIGIN", OWN),
    ("same-origin, cross-site", OWN),
    ("none", "https://evil.example"),
    ("none", "null"),
    (NONE, NONE),
    (NONE, ""),
    (NONE, "null"),
    (NONE, "https://evil.example"),
    (NONE, "https://localhost"),
    (NONE, "http://localhost:8080"),
    (NONE, "http://localhost.evil.example"),
    (NONE, "http://localhost/"),
    (NONE, "http://sub.localhost"),
    (NONE, f"{OWN}, https://evil.example"),
]
OURS = [("same-origin", OWN), ("same-origin", NONE), ("none", NONE), (NONE, OWN), (NONE, "http://127.0.0.1")]


def origin_headers(site: str | None, origin: str | None) -> dict[str, str]:
    named = {"Sec-Fetch-Site": site, "Origin": origin}
    return {name: value for name, value in named.items() if value is not None}


def content() -> list[Any]:
    """Everything that the database holds, but what calendar programs were told: that is noted when they read."""
    db.session.rollback()
    tables = [table for table in Base.metadata.sorted_tables if table.name != "calendar_entries"]
    return [db.session.execute(sa.select(table).order_by(*table.primary_key)).all() for table in tables]


class BareClient(FlaskClient):
    """Sends only the headers that it is given."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        db.session.rollback()
        with self.application.app_context():
            return super().open(*args, **kwargs)


@pytest.fixture
def ana_bare(app: Flask, people: People, client_of: ClientOf) -> FlaskClient:
    """Ana's browser, which says nothing about where a request comes from."""
    cookie = client_of(people.ana).get_cookie("session")
    assert cookie is not None
    bare = BareClient(app, use_cookies=True)
    bare.set_cookie("session", cookie.value)
    return bare


def unsafe(app: Flask) -> list[tuple[str, str]]:
    """Method and address of every way to change something."""
    found = []
    for rule in app.url_map.iter_rules():
        path = str(rule)
        for name in rule.arguments:
            path = path.replace(f"<{name}>", WORDS.get(name, "unknown"))
        found += [(method, path) for method in (rule.methods or set()) - SAFE_METHODS]
    return sorted(found)


def test_every_unsafe_route_refuses_what_comes_from_elsewhere(app: Flask, ana_bare: FlaskClient) -> None:
    before, wrong, asked = content(), [], 0
    for method, path in unsafe(app):
        for site, origin in FOREIGN:
            if path.startswith(KEYS) and (site, origin) == (NONE, "null"):
                continue
            if path.startswith(ONE_CLICK) and (site, origin) == (NONE, NONE):
                continue
            answer = ana_bare.open(path, method=method, headers=origin_headers(site, origin), data={"a": "b"})
            asked += 1
            if answer.status_code != 403:
                wrong.append((method, path, site, origin, answer.status_code))
    assert wrong == []
    assert asked > 500
    assert content() == before


def test_a_refused_form_changes_nothing_even_when_it_is_right(
    app: Flask, people: People, ana_bare: FlaskClient
) -> None:
    """The same rows are named as in a real request of the patient."""
    everything = [way for way in ways(app) if way.method != "GET"]
    rows = [row_for(way, people) for way in everything]
    before = content()
    ana_bare.environ_base["HTTP_SEC_FETCH_SITE"] = "cross-site"
    statuses = {ask(ana_bare, way, row, people).status_code for way, row in zip(everything, rows, strict=True)}
    assert statuses == {403}
    assert content() == before


@pytest.mark.parametrize(("site", "origin"), OURS)
def test_our_own_pages_are_heard(ana_bare: FlaskClient, site: str | None, origin: str | None) -> None:
    answer = ana_bare.post("/check-ins", data={"left_rating": "3"}, headers=origin_headers(site, origin))
    assert answer.status_code == 303


def test_what_was_typed_into_the_browser_is_a_form_and_never_a_program(ana_bare: FlaskClient) -> None:
    headers = {"Sec-Fetch-Site": "none", "X-App-Request": "1"}
    assert ana_bare.post("/api/v1/check-ins", json={"left_rating": 3}, headers=headers).status_code == 403


def test_the_refusal_says_what_to_do(ana_bare: FlaskClient) -> None:
    page = ana_bare.post("/check-ins?lang=zh", headers={"Sec-Fetch-Site": "cross-site"})
    assert "这份表单来自别的网站" in page.text
    page = ana_bare.post("/check-ins?lang=en", headers={"Sec-Fetch-Site": "cross-site"})
    assert "This form came from another site" in page.text


def test_reading_changes_nothing(app: Flask, people: People, client_of: ClientOf) -> None:
    ana = client_of(people.ana)
    rows = [(way, row_for(way, people)) for way in ways(app) if way.method == "GET"]
    before = content()
    for way, row in rows:
        # A feed or a device belongs to one person, and Ana has none; nor a consent, passkey or invitation. A day that
        # is still ahead leads back from its record, and an address of former times to the one of today.
        wanted = (
            {404}
            if {"feed_id", "device_id", "consent_id", "passkey_id", "token"} & way.arguments
            else {200, 301, 303}
        )
        assert ask(ana, way, row, people).status_code in wanted, way
        ana.head(way.path(row))
    assert content() == before


# --- hosts ---


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "LocalHost"])
def test_this_machine_is_known_by_all_its_names(app: Flask, client_of: ClientOf, host: str) -> None:
    assert client_of(None).get("/emergency", headers={"Host": host}).status_code == 200


HOSTS = ["evil.example", "localhost:8080", "localhost.evil.example", "127.0.0.2", "", "a b", "localhost@evil.example"]


@pytest.mark.parametrize("host", HOSTS)
def test_another_host_is_told_the_right_address(app: Flask, client_of: ClientOf, host: str) -> None:
    answer = client_of(None).get("/emergency", headers={"Host": host})
    assert answer.status_code == 400
    assert answer.mimetype == "text/html"
    assert "This address is not known here" in answer.text
    assert "http://127.0.0.1:80" in answer.text
    if host:
        assert host not in answer.text


def test_the_sign_of_life_is_given_to_any_host(app: Flask, client_of: ClientOf) -> None:
    assert client_of(None).get("/healthz", headers={"Host": "10.0.0.7:8000"}).status_code == 200


def test_what_a_proxy_claims_is_not_believed(app: Flask, people: People, client_of: ClientOf) -> None:
    claims = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Port": "8443",
        "X-Forwarded-Prefix": "/evil",
        "X-Original-URL": "/healthz",
        "X-HTTP-Method-Override": "GET",
        "Forwarded": "host=evil.example;proto=https",
    }
    client = client_of(None)
    plain, claimed = client.get("/check-ins"), client.get("/check-ins", headers=claims)
    assert (plain.status_code, plain.location) == (claimed.status_code, claimed.location)
    assert client.get("/emergency").text == client.get("/emergency", headers=claims).text
    answer = client.get("/emergency", headers={"Host": "evil.example", "X-Forwarded-Host": "localhost"})
    assert answer.status_code == 400


# --- too much, and garbage ---


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"]
)
def test_too_long_a_body_is_refused(app: Flask, people: People, client_of: ClientOf, kind: str) -> None:
    body = b"note=" + b"x" * MAX_BODY_BYTES
    answer = client_of(people.ana).post("/check-ins", data=body, content_type=kind)
    assert answer.status_code in (413, 422) if kind == "text/plain" else answer.status_code == 413
    if answer.status_code == 413:
        assert "Nothing was saved" in answer.text


def test_too_many_fields_are_refused(app: Flask, people: People, client_of: ClientOf) -> None:
    data = {f"field-{n}": "x" for n in range(2000)}
    answer = client_of(people.ana).post("/check-ins", data=data, content_type="multipart/form-data")
    assert answer.status_code == 413


@pytest.mark.parametrize("path", ["/check-ins", "/api/v1/check-ins"])
def test_a_packed_body_is_never_unpacked(app: Flask, people: People, client_of: ClientOf, path: str) -> None:
    """So a few kilobytes cannot become gigabytes: packed, even what would be right is garbage."""
    right = {"application/json": b'{"left_rating": 3}', "application/x-www-form-urlencoded": b"left_rating=3"}
    for kind, body in right.items():
        headers = {"Content-Encoding": "gzip", "X-App-Request": "1", "Accept": "application/json"}
        answer = client_of(people.ana).post(path, data=gzip.compress(body), content_type=kind, headers=headers)
        assert answer.status_code in (400, 403, 415, 422), kind


DEEP = "[" * 21 + "]" * 21
GARBAGE = {
    "nothing": b"",
    "not JSON": b"{",
    "not UTF-8": b'"\xff\xfe"',
    "not a number": b'{"left_rating": NaN}',
    "endless": b'{"left_rating": 1e999}',
    "too deep": b'{"symptoms": ' + DEEP.encode() + b"}",
    "bottomless": b"[" * 100_000,
    "deep objects": b'{"a":' * 50_000,
    "a list": b"[1, 2]",
    "a text": b'"hello"',
    "a huge number": b'{"left_rating": ' + b"9" * 5000 + b"}",
    "half a character": b'{"left_rating": 3, "note": "\\ud800"}',
    "no character": b'{"left_rating": 3, "note": "\\u0000"}',
    "a circle that is none": b'{"circle": ["x"], "left_rating": 3, "more": 1}',
}


@pytest.mark.parametrize("body", GARBAGE.values(), ids=GARBAGE)
@pytest.mark.parametrize("path", ["/api/v1/check-ins", "/check-ins", "/sign-in"])
def test_garbage_is_the_senders_mistake(
    app: Flask, people: People, client_of: ClientOf, path: str, body: bytes
) -> None:
    headers = {"X-App-Request": "1", "Accept": "application/json"}
    answer = client_of(people.ana).post(path, data=body, content_type="application/json", headers=headers)
    assert answer.status_code in ((201, 400, 422) if body == GARBAGE["no character"] else (400, 413, 422))


@pytest.mark.parametrize("depth", [1, 19, 20])
def test_what_is_nested_a_little_is_read(app: Flask, depth: int) -> None:
    assert app.json.loads("[" * depth + "]" * depth) is not None
    assert app.json.loads('{"a": [{"b": "[[[[[[[[[[[[[[[[[[[[[[[["}]}')["a"]


def test_odd_bytes_in_forms_and_addresses_are_the_senders_mistake(
    app: Flask, people: People, client_of: ClientOf
) -> None:
    ana = client_of(people.ana)
    for data in (
        b"left_rating=%ff%fe",
        b"%00=%00",
        b"=&=&;;",
        b"left_rating=3&left_rating=4&on=%F0%9F",
        b"note=\xff",
    ):
        answer = ana.post("/check-ins", data=data, content_type="application/x-www-form-urlencoded")
        assert 300 <= answer.status_code < 500
    for path in ("/check-ins/%ff", "/check-ins/%00", "/learn/%e2%80%ae", "/check-ins/" + "x" * 5000, "/%2e%2e/etc"):
        assert 400 <= ana.get(path).status_code < 500, path


# --- where `next` leads ---

ELSEWHERE = [
    "https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "evil.example",
    "javascript:alert(1)", "/\t/evil.example", "/%0d%0aSet-Cookie:x=1\r\n", "http:evil.example",
    "///evil.example", " //evil.example", "/" + "x" * 400, "",
]  # fmt: skip


@pytest.mark.parametrize("target", ELSEWHERE)
def test_signing_in_never_leads_elsewhere(app: Flask, people: People, client_of: ClientOf, target: str) -> None:
    answer = client_of(people.ana).get("/sign-in", query_string={"next": target})
    assert (answer.status_code, answer.location) == (303, "/")


@pytest.mark.parametrize("target", ["/", "/check-ins", "/check-ins?circle=abc", "/learn/what-mmn-is"])
def test_signing_in_leads_back_to_a_page_of_ours(
    app: Flask, people: People, client_of: ClientOf, target: str
) -> None:
    answer = client_of(people.ana).get("/sign-in", query_string={"next": target})
    assert (answer.status_code, answer.location) == (303, target)


def test_no_error_quotes_what_a_statement_was_given(app: Flask) -> None:
    facts = {"client_id": "canary", "route": "/", "body_hash": "", "status": 303, "body": "canary", "at": now()}
    with pytest.raises(sa.exc.IntegrityError) as error, transaction():
        db.session.execute(sa.insert(Submission).values(account_id=4711, **facts))
    assert "canary" not in str(error.value)


def test_cookies_hold_nothing_of_a_circle(app: Flask, people: People, client_of: ClientOf) -> None:
    ana = client_of(people.ana)
    ana.post("/check-ins", data={"left_rating": "3", "note": "canary"})
    cookie = ana.get_cookie("page")
    assert cookie is not None
    assert "canary" not in json.dumps(cookie.value)
