"""The browser of the tests starts, reaches this machine and nothing else."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

playwright = pytest.importorskip("playwright.sync_api")


class Greeting(BaseHTTPRequestHandler):
    """Answers every request with one heading."""

    def do_GET(self) -> None:
        body = b"<!doctype html><title>x</title><h1>hello</h1>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the test output clean."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Greeting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_is_reached(host: str, port: int, page: Any) -> None:
    page.goto(f"http://{host}:{port}/")
    assert page.locator("h1").inner_text() == "hello"


@pytest.mark.parametrize("url", ["http://example.org/", "https://192.0.2.1/"])
def test_nothing_else_is(url: str, page: Any) -> None:
    with pytest.raises(playwright.Error, match="ERR_NAME_NOT_RESOLVED"):
        page.goto(url)
