"""A push service on this machine, browsers that subscribe with it, and the clock of the application."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask

from companion.clock import now
from companion.database import transaction
from companion.delivery.operations import ensure_vapid_key
from tests.push_sink import PushSink

Told = Callable[..., dict[str, str]]


@pytest.fixture(scope="module")
def service() -> Iterator[PushSink]:
    """A push service."""
    found = PushSink()
    found.start()
    yield found
    found.stop()


@pytest.fixture
def sink(service: PushSink, app: Flask) -> PushSink:
    """The push service, allowed, without anything in it."""
    app.config["COMPANION"] = replace(app.config["COMPANION"], push_hosts=("127.0.0.1",))
    service.pushes.clear()
    service.problems.clear()
    service.always.clear()
    return service


@pytest.fixture
def told(sink: PushSink) -> Told:
    """What a browser tells about its subscription; the same name is the same address with the same keys."""

    def tell(name: str = "one") -> dict[str, str]:
        device = sink.devices.get(name) or sink.device(name)
        with transaction():
            device.vapid_public = ensure_vapid_key(now=now()).public
        return {
            "endpoint": device.endpoint,
            "p256dh": device.p256dh,
            "auth": device.auth,
            "vapid_public": device.vapid_public,
        }

    return tell


@pytest.fixture
def move_clock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[datetime], None]:
    """Move the clock of the application to an instant."""
    path = tmp_path / "clock"
    monkeypatch.setenv("COMPANION_TESTING", "1")
    monkeypatch.setenv("COMPANION_TEST_CLOCK", str(path))

    def move(at: datetime) -> None:
        path.write_text("0")
        path.write_text(str((at - now()).total_seconds()))

    return move
