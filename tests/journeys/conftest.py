"""Stories in a real Chromium against the application as people run it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.looking import WATCH_THE_POLICY
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
def running(tmp_path: Path, mail: MailSink) -> Iterator[RunningApp]:
    """Web and worker, started."""
    app = RunningApp(tmp_path, mail)
    app.flask("prepare")
    app.start()
    yield app
    app.stop()


@pytest.fixture
def phone(new_context: Callable[..., Any]) -> Callable[..., Any]:
    """Open a phone: a browser of its own, 360 by 780, with touch. Its page collects script errors."""

    def open_phone(language: str = "en", theme: str = "light", **options: Any) -> Any:
        locale = {"en": "en-GB", "zh": "zh-CN"}[language]
        context = new_context(
            viewport=PHONE, has_touch=True, is_mobile=True, locale=locale, timezone_id="Europe/London", **options
        )
        context.add_init_script(WATCH_THE_POLICY)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.problems, page.themes = [], (theme,)
        page.on("pageerror", lambda error: page.problems.append(f"script: {error}"))
        return page

    return open_phone
