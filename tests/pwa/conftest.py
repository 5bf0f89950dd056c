"""The application behind a real address, for tests that need a browser."""

import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, render_template_string, request
from werkzeug.serving import make_server

from companion.access import public
from companion.extensions import db
from tests.fixtures import make_app

SAMPLE = Path(__file__).with_name("sample.html")


@public
def sample() -> str:
    """Every component on one page."""
    looks = {"viewer": request.args.get("signed_in"), "theme": request.args.get("theme", "auto")}
    return render_template_string(SAMPLE.read_text(encoding="utf-8"), **looks)


@pytest.fixture(scope="session")
def served(empty_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application on a data folder of its own, listening; its address is `config["COMPANION"].base_url`."""
    data = tmp_path_factory.mktemp("served") / "data"
    shutil.copytree(empty_sqlite, data)
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    app = make_app(data, PORT=str(port))
    app.add_url_rule("/sample", "sample", sample)
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield app
    server.shutdown()
    thread.join()
    server.server_close()
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any], served: Flask) -> dict[str, Any]:
    """A small phone that knows the address of the served application."""
    phone = {"viewport": {"width": 360, "height": 780}, "has_touch": True}
    return {**browser_context_args, **phone, "base_url": served.config["COMPANION"].base_url}
