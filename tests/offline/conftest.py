"""The application behind a network that loses, repeats and lies; and phones of Ana and Ben."""

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.serving import make_server

from companion.accounts.models import Account, AccountSession
from companion.checkins.models import CheckIn
from companion.clock import now
from companion.database import Base, transaction
from companion.extensions import db
from tests import factories
from tests.conftest import BROWSER_PATIENCE_SECONDS
from tests.fixtures import make_app
from tests.people import People, make_people

PORTAL = b"<!doctype html><title>Hotel</title><h1>Welcome to our network</h1>"


class Network:
    """What lies between phone and server. `trouble` may be: down, lost (the answer), portal, broken.

    With `cuts_pages` forms that a page sends by itself do not arrive, and what scripts send does.
    """

    def __init__(self, app: Any) -> None:
        self.app, self.trouble, self.only, self.cut_after, self.worker = app, "", ("GET", "POST"), -1, ""
        self.cuts_pages = False

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        """One request through it."""
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        trouble = self.trouble if method in self.only else ""
        if method == "POST" and self.cut_after >= 0:
            self.cut_after -= 1
            trouble = trouble or ("down" if self.cut_after < 0 else "")
        if self.cuts_pages and method == "POST" and "text/html" in environ.get("HTTP_ACCEPT", ""):
            trouble = "down"
        if trouble == "lost":
            b"".join(self.app(environ, lambda *_: None))
        if trouble in ("down", "lost"):
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            return []
        if trouble:
            start("200 OK" if trouble == "portal" else "502 Bad Gateway", [("Content-Type", "text/html")])
            return [PORTAL]
        if path == "/sw.js" and self.worker:
            for name in (
                "HTTP_ACCEPT_ENCODING",
                "HTTP_IF_NONE_MATCH",
            ):  # nothing can be added to what is packed or old
                environ.pop(name, None)
            return [b"".join(self.app(environ, without_length(start))), self.worker.encode()]
        return self.app(environ, start)


def without_length(start: Any) -> Any:
    """As `start`, for an answer that gets longer."""

    def begin(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
        return start(status, [(name, text) for name, text in headers if name != "Content-Length"], *error)

    return begin


class Row(NamedTuple):
    """What matters of a stored check-in."""

    left_rating: int | None
    note: str | None
    recorded_at: datetime
    account_id: int


class House:
    """A running application, the people in it, and the network before it."""

    def __init__(self, app: Flask, network: Network, people: People) -> None:
        self.app, self.network, self.people = app, network, people
        self.url = app.config["COMPANION"].base_url

    def rows(self) -> list[Row]:
        """The check-ins of Ana's circle in the order they came."""
        with self.app.app_context():
            query = sa.select(CheckIn).where(CheckIn.circle_id == self.people.circle.id).order_by(CheckIn.id)
            found = db.session.scalars(query)
            return [Row(one.left_rating, one.note, one.recorded_at, one.account_id) for one in found]

    def token(self, account: Account, shared: bool = False) -> str:
        """A fresh session of an account."""
        with self.app.app_context(), transaction():
            return factories.session_token(account, now(), shared_device=shared)

    def end_sessions(self) -> None:
        """Nobody is signed in any more."""
        with self.app.app_context(), transaction():
            db.session.execute(sa.update(AccountSession).values(ended_at=now()))

    def live_sessions(self) -> int:
        """How many sessions nobody ended."""
        with self.app.app_context():
            query = sa.select(sa.func.count()).where(AccountSession.ended_at.is_(None))
            return int(db.session.scalar(query) or 0)


@pytest.fixture(scope="session")
def app_behind_network(
    empty_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Flask, Network]]:
    """The application, listening."""
    data = tmp_path_factory.mktemp("offline") / "data"
    shutil.copytree(empty_sqlite, data)
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    app = make_app(data, PORT=str(port))
    network = Network(app.wsgi_app)
    app.wsgi_app = network  # type: ignore[method-assign]
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield app, network
    server.shutdown()
    thread.join()
    server.server_close()
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def house(app_behind_network: tuple[Flask, Network]) -> Iterator[House]:
    """An empty house with the four people and a network that works."""
    app, network = app_behind_network
    with app.app_context():
        people = make_people(app)
        for row in (people.ana, people.ben, people.vera, people.sam, people.circle, people.sams_circle):
            db.session.refresh(row)
        db.session.expunge_all()
    yield House(app, network, people)
    network.trouble, network.only, network.cut_after, network.worker = "", ("GET", "POST"), -1, ""
    network.cuts_pages = False
    with app.app_context(), transaction():
        guards = db.session.execute(sa.text("select name, sql from sqlite_master where type = 'trigger'")).all()
        for name, _made in guards:  # what refuses to forget, while the next test gets an empty house
            db.session.execute(sa.text(f"drop trigger {name}"))
        for table in reversed(Base.metadata.sorted_tables):
            db.session.execute(table.delete())
        for _name, made in guards:
            db.session.connection().exec_driver_sql(made)


class Phone:
    """A browser of one person."""

    def __init__(self, context: Any, house: House) -> None:
        self.context, self.house = context, house
        self.page = context.new_page()

    def sign_in(self, account: Account, shared: bool = False) -> None:
        """Hold a session of an account."""
        cookie = {"name": "session", "value": self.house.token(account, shared), "url": self.house.url}
        self.context.add_cookies([cookie])

    def open(self, path: str = "/") -> None:
        """Open a page and wait until the phone has what it keeps: worker, offline page, copy."""
        self.page.goto(path)
        self.page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
        self.wait("Boolean(navigator.serviceWorker.controller)")
        self.wait("async () => Boolean(await (await caches.open('pages')).match('/offline'))")
        self.wait(f"async () => {{ {OPEN} return Boolean(await store.flag('copied_at')); }}")

    def run(self, script: str, argument: object = None) -> Any:
        """Run a script that knows `store`, `sync` and `given`."""
        return self.page.evaluate(f"async (given) => {{ {OPEN} {script} }}", argument)

    def wait(self, what: str, argument: object = None) -> None:
        """Ask again and again from outside: the page's own policy forbids what Playwright waits with."""
        end = time.monotonic() + BROWSER_PATIENCE_SECONDS
        while time.monotonic() < end:
            try:
                if self.page.evaluate(what, argument):
                    return
            except Exception as error:
                if "navigat" not in str(error) and "destroyed" not in str(error):
                    raise
            self.page.wait_for_timeout(50)
        raise AssertionError(f"did not happen: {what}")

    def until(self, what: Callable[[], Any]) -> None:
        """Ask the test itself again and again."""
        end = time.monotonic() + BROWSER_PATIENCE_SECONDS
        while time.monotonic() < end:
            if what():
                return
            self.page.wait_for_timeout(50)
        raise AssertionError("did not happen")

    def waiting(self) -> list[dict[str, Any]]:
        """The entries on this phone."""
        return list(self.run("return store.entries();"))

    def settle(self) -> None:
        """Send what waits, pauses or not."""
        self.run("await sync.flush({ force: true, wait: true });")

    def add(self, fields: dict[str, str], key: str | None = None) -> str:
        """Keep one check-in, as the form does."""
        named = [["circle", self.house.people.circle.public_id], *map(list, fields.items())]
        return str(
            self.run(
                "const id = given.key ?? found.freshId();"
                "const skewMs = await store.flag('skew_ms') ?? null;"
                "await sync.add({ id, route: '/check-ins', fields: given.named, skewMs });"
                "return id;",
                {"named": named, "key": key},
            )
        )

    def check_in(self, left: int = 3, note: str = "") -> None:
        """Fill the form that is shown, and press Save."""
        self.page.locator(f"input[type=radio][name=left_rating][value='{left}']").check(force=True)
        if note:
            self.page.locator("details").evaluate_all("all => all.forEach((one) => { one.open = true; })")
            self.page.locator("[name=note]").fill(note)
        self.page.get_by_role("button", name="Save", exact=True).click()


OPEN = (
    "const { src } = document.querySelector('script[type=module]');"
    "const found = await import(src.replace('/app.js', '/offline/house.js'));"
    "const { store, sync, owner } = await found.house();"
)


@pytest.fixture
def phone_of(house: House, new_context: Callable[..., Any]) -> Callable[..., Phone]:
    """A phone, signed in as an account."""

    def make(account: Account | None, **options: Any) -> Phone:
        context = new_context(
            viewport={"width": 360, "height": 780}, has_touch=True, base_url=house.url, locale="en-GB", **options
        )
        phone = Phone(context, house)
        if account is not None:
            phone.sign_in(account)
        return phone

    return make
