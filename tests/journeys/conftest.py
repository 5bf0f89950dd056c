"""Stories in a real Chromium against the application as people run it."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from companion.database import transaction
from companion.extensions import db
from tests.fixtures import make_app
from tests.running import MailSink, RunningApp

PHONE = {"width": 360, "height": 780}


@pytest.fixture
def mail() -> Iterator[MailSink]:
    """A real mail server."""
    sink = MailSink()
    sink.start()
    yield sink
    sink.stop()


@pytest.fixture
def stopped(tmp_path: Path, mail: MailSink, empty_sqlite: Path) -> Iterator[RunningApp]:
    """A prepared application of which nothing runs yet."""
    shutil.copytree(empty_sqlite, tmp_path / "data")
    app = RunningApp(tmp_path, mail)
    yield app
    app.stop()


@pytest.fixture
def running(stopped: RunningApp) -> RunningApp:
    """Web and worker, started."""
    stopped.start()
    return stopped


@pytest.fixture
def web(stopped: RunningApp) -> RunningApp:
    """The web process alone, for stories without messages."""
    stopped.start("web")
    return stopped


@pytest.fixture
def life_before(stopped: RunningApp) -> Callable[[], AbstractContextManager[datetime]]:
    """Write what happened before a story begins into the data of the application; gives its time."""

    @contextmanager
    def write() -> Iterator[datetime]:
        app = make_app(Path(stopped.environ["COMPANION_DATA"]))
        with app.app_context():
            with transaction():
                yield stopped.now()
            db.engine.dispose()

    return write


@pytest.fixture
def phone(new_context: Callable[..., Any]) -> Callable[..., Any]:
    """Open a phone: a browser of its own, 360 by 780, with touch. Its page collects script errors.

    `signed_in` is an application and a session's token, for stories that do not begin with signing in.
    """

    def open_phone(
        language: str = "en", theme: str = "light", signed_in: tuple[RunningApp, str] | None = None, **options: Any
    ) -> Any:
        locale = {"en": "en-GB", "zh": "zh-CN"}[language]
        context = new_context(
            viewport=PHONE, has_touch=True, is_mobile=True, locale=locale, timezone_id="Europe/London", **options
        )
        if signed_in:
            app, token = signed_in
            context.add_cookies([{"name": "session", "value": token, "url": app.url}])
        page = context.new_page()
        page.problems, page.themes = [], (theme,)
        page.on("pageerror", lambda error: page.problems.append(f"script: {error}"))
        return page

    return open_phone
