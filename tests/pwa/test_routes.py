"""The service worker, the manifest and the offline page as the server gives them."""

import json
import re
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from companion.accounts.models import Account

pytestmark = pytest.mark.parametrize("app", ["sqlite"], indirect=True)
ClientOf = Callable[..., FlaskClient]


def house(client: FlaskClient) -> dict[str, object]:
    first_line = client.get("/sw.js").text.splitlines()[0]
    return json.loads(first_line.removeprefix("const HOUSE = ").removesuffix(";"))


def test_the_worker_may_answer_for_every_page_and_is_asked_for_each_time(client_of: ClientOf) -> None:
    response = client_of().get("/sw.js")
    assert response.status_code == 200
    assert response.headers["Service-Worker-Allowed"] == "/"
    assert response.headers["Cache-Control"] == "no-cache"
    assert response.mimetype == "text/javascript"
    again = client_of().get("/sw.js", headers={"If-None-Match": response.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert "connect-src 'self'" in response.headers["Content-Security-Policy"]


def test_the_worker_is_the_same_for_everyone_so_that_signing_in_makes_no_new_one(
    client_of: ClientOf, people: object
) -> None:
    ana, vera = people.ana, people.vera  # type: ignore[attr-defined]
    assert 'href="/emergency?country=GB"' in client_of(ana).get("/learn").text
    workers = [client_of(account).get("/sw.js").text for account in (None, ana, vera)]
    assert workers[0] == workers[1] == workers[2]


def test_the_worker_keeps_files_that_exist_and_is_new_with_each_digest(app: Flask, client_of: ClientOf) -> None:
    client = client_of()
    kept = house(client)
    assert f"/static/{kept['version']}" == app.static_url_path
    names = {str(path).rsplit("/", 1)[-1] for path in kept["files"]}
    assert {"app.css", "app.js"} <= names
    assert [name for name in names if name.endswith(".css")] == ["app.css"]
    for path in [*kept["files"], kept["offline"], kept["emergency"]]:
        assert client.get(path).status_code == 200, path


@pytest.mark.parametrize(("language", "tag", "name"), [("en", "en", "MMN Companion"), ("zh", "zh-Hans", "MMN 同伴")])
def test_the_manifest_speaks_the_language_of_its_page(
    client_of: ClientOf, language: str, tag: str, name: str
) -> None:
    client = client_of()
    page = client.get(f"/offline?lang={language}").text
    link = re.search(r'<link rel="manifest" href="([^"]+)"', page)
    assert link is not None
    response = client_of().get(link[1])
    manifest = json.loads(response.data)
    assert response.mimetype == "application/manifest+json"
    assert (manifest["lang"], manifest["name"]) == (tag, name)
    assert manifest["id"] == manifest["start_url"] == manifest["scope"] == "/"
    assert manifest["display"] == "standalone"
    assert manifest["categories"] == ["health"]


def test_the_icons_have_the_sizes_that_the_manifest_promises(app: Flask, client_of: ClientOf) -> None:
    client = client_of()
    icons = json.loads(client.get("/manifest.webmanifest").data)["icons"]
    assert {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")} <= {
        (icon["sizes"], icon["purpose"]) for icon in icons
    }
    for icon in icons:
        path = Path(app.static_folder or "", icon["src"].split("/icons/")[1]).name
        data = (Path(app.static_folder or "") / "icons" / path).read_bytes()
        assert client.get(icon["src"]).data == data
        if icon["type"] == "image/png":
            assert "{}x{}".format(*struct.unpack(">II", data[16:24])) == icon["sizes"]
            assert len(data) < 40_000


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_offline_page_is_the_same_for_everyone(client_of: ClientOf, people: object, language: str) -> None:
    page = client_of().get(f"/offline?lang={language}")
    assert page.status_code == 200
    assert ("There is no connection now" if language == "en" else "现在没有网络") in page.text
    assert '<a class="button' in page.text
    assert "<form" not in page.text


def test_every_page_has_a_way_to_the_other_language_and_to_the_emergency_signs(client_of: ClientOf) -> None:
    english = client_of().get("/offline?a=1&lang=en").text
    assert 'href="/offline?a=1&amp;lang=zh" lang="zh-Hans" hreflang="zh-Hans">中文' in english
    assert 'href="/emergency"' in english
    assert '<html lang="en">' in english
    assert '<html lang="zh-Hans">' in client_of().get("/offline?lang=zh").text


def test_tabs_only_for_those_who_are_signed_in(client_of: ClientOf, people: object) -> None:
    ana: Account = people.ana  # type: ignore[attr-defined]
    signed_out, signed_in = client_of().get("/emergency").text, client_of(ana).get("/emergency").text
    assert 'class="nav"' not in signed_out
    assert ">Sign in<" in signed_out
    assert 'class="nav"' in signed_in
    assert ">Sign in<" not in signed_in


@pytest.mark.parametrize(("language", "names"), [("en", ["Check in", "Next infusion"]), ("zh", ["开始记录", None])])
def test_the_installed_app_offers_shortcuts_and_a_guide(
    client_of: ClientOf, language: str, names: list[str | None]
) -> None:
    client = client_of()
    shortcuts = json.loads(client.get(f"/manifest.webmanifest?lang={language}").data)["shortcuts"]
    assert [one["url"] for one in shortcuts] == ["/check-ins/new", "/#next"]
    assert all(name in (None, one["name"]) for name, one in zip(names, shortcuts, strict=True))
    assert client.get(shortcuts[0]["icons"][0]["src"]).status_code == 200
    guide = client.get("/install").text
    assert 'id="iphone"' in guide
    assert 'id="android"' in guide
    assert client.get("/offline/waiting").status_code == client.get("/offline/check-in").status_code == 200
    assert client.get("/offline/else").status_code == 404


def test_the_worker_runs_the_same_outbox_as_the_pages(client_of: ClientOf) -> None:
    script = client_of().get("/sw.js").text
    assert "const OUTBOX=(()=>{" in script
    assert not re.search(r"^(import|export) ", script, re.MULTILINE)
