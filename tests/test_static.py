"""Static files: one stylesheet made of many, under an address that changes with them."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient

from companion.accounts.models import Account
from companion.static import bundle, digest, shortened

ROOT = Path(__file__).resolve().parents[1]
CSS = ROOT / "static" / "css"
ClientOf = Callable[[Account | None], FlaskClient]
ON_SQLITE = pytest.mark.parametrize("app", ["sqlite"], indirect=True)


@pytest.fixture
def sheets(tmp_path: Path) -> Path:
    """A small set of stylesheets that use all there is."""
    (tmp_path / "parts").mkdir()
    (tmp_path / "app.css").write_text(
        "/* All. */\n@layer low, high;\n\n"
        '@import url("parts/one.css") layer(low);\n@import url("two.css") layer(high);\n'
        '@import url("parts/print.css") layer(high) print;\n'
    )
    (tmp_path / "parts" / "one.css").write_text(
        ".a { background: url(\"a.svg\"), url(b.svg), url('../c.svg'); }\n"
        '.b { mask: url(data:image/svg+xml,x), url("#d"), url(/e.svg), url(https://f.example/g.svg); }\n'
    )
    (tmp_path / "two.css").write_text(
        '.c { background: url("h.svg"); }\n@media (width > 1px) { .d { color: red; } }\n'
    )
    (tmp_path / "parts" / "print.css").write_text(".e { display: none; }\n")
    return tmp_path / "app.css"


def test_imports_are_written_out_in_their_layers_and_addresses_stay_right(sheets: Path) -> None:
    assert bundle(sheets) == (
        "/* All. */\n@layer low, high;\n\n"
        "@layer low {\n.a { background: url(\"parts/a.svg\"), url(parts/b.svg), url('parts/../c.svg'); }\n"
        '.b { mask: url(data:image/svg+xml,x), url("#d"), url(/e.svg), url(https://f.example/g.svg); }\n}\n'
        '@layer high {\n.c { background: url("./h.svg"); }\n@media (width > 1px) { .d { color: red; } }\n}\n'
        "@media print {\n@layer high {\n.e { display: none; }\n}\n}\n"
    )


def test_a_short_sheet_keeps_what_matters() -> None:
    sheet = """/* It's no rule. */
.a :is(.b, .c) {
  content: "/* a ; b */";  margin: 0 -1px; /* x */
}
@media (width > 1px) { .d { --e: f , g; } }
"""
    short = '.a :is(.b,.c){content:"/* a ; b */";margin:0 -1px}@media (width > 1px){.d{--e:f,g}}'
    assert shortened(sheet) == short


def test_a_sheet_that_is_missing_stops_the_start(sheets: Path) -> None:
    (sheets.parent / "two.css").unlink()
    with pytest.raises(FileNotFoundError):
        bundle(sheets)


def test_the_real_sheets_are_all_in_it_whole() -> None:
    whole = bundle(CSS / "app.css")
    assert not re.search(r"@import|@charset|@namespace", whole)
    assert whole.count("{") == whole.count("}")
    assert whole.index("@layer reset, tokens, base") < whole.index("{")
    for path in CSS.rglob("*.css"):
        assert path.name == "app.css" or path.read_text(encoding="utf-8").strip() in whole, path


def test_the_address_changes_with_any_file(sheets: Path) -> None:
    before = digest(sheets.parent)
    assert digest(sheets.parent) == before
    (sheets.parent / "parts" / "one.css").write_text(".a { }")
    assert digest(sheets.parent) != before


@ON_SQLITE
def test_a_first_visit_asks_for_one_stylesheet(app: Flask, client_of: ClientOf) -> None:
    client = client_of(None)
    links = re.findall(r'<link rel="stylesheet" href="([^"]+)"', client.get("/emergency").text)
    assert links == [f"{app.static_url_path}/css/app.css"]
    answer = client.get(links[0])
    assert answer.mimetype == "text/css"
    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
    assert answer.text == shortened(bundle(CSS / "app.css"))
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Cookie" not in answer.headers.get("Vary", ""), "a sign-in must not make a browser fetch it again"
    again = client.get(links[0], headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Cache-Control"] == answer.headers["Cache-Control"]


@ON_SQLITE
@pytest.mark.parametrize(
    "path", ["js/none.js", "css/none.css", "../wsgi.py", "css/../../wsgi.py", "%2e%2e/wsgi.py", "css", ""]
)
def test_nothing_else_comes_out_of_the_folder(app: Flask, client_of: ClientOf, path: str) -> None:
    assert client_of(None).get(f"{app.static_url_path}/{path}").status_code == 404


@ON_SQLITE
@pytest.mark.parametrize("path", ["/emergency", "/sw.js", "css/app.css", "js/app.js", "icons/icon.svg"])
def test_pages_and_files_are_packed_for_who_can_unpack_them(app: Flask, path: str) -> None:
    client = app.test_client()
    with app.test_request_context():
        url = path if path.startswith("/") else url_for("static", filename=path)
    plain = client.get(url)
    assert "Content-Encoding" not in plain.headers
    for algorithm in ("br", "gzip"):
        packed = client.get(url, headers={"Accept-Encoding": algorithm})
        assert packed.headers["Content-Encoding"] == algorithm
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert len(packed.data) < len(plain.data) * 2 / 3
