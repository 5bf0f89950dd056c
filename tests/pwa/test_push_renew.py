"""What the scripts do about a browser's address for messages: they keep it true, and ask for nothing."""

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask

from companion import clock
from companion.database import keyring, transaction
from companion.delivery.models import PushSubscription
from companion.delivery.operations import close_subscription, ensure_vapid_key
from companion.extensions import db
from tests import factories
from tests.conftest import BROWSER_PATIENCE_SECONDS

BROWSER = """(() => {
  const { keys, made } = %s;
  const bytes = (text) => {
    const letters = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
  };
  const kept = () => JSON.parse(localStorage.getItem("kept") ?? JSON.stringify(made));
  const keep = (what) => localStorage.setItem("kept", JSON.stringify(what));
  const shown = ({ endpoint, key }) => ({
    endpoint, options: { applicationServerKey: bytes(key).buffer }, toJSON: () => ({ endpoint, keys }),
    unsubscribe: async () => { keep(null); return true; },
  });
  PushManager.prototype.getSubscription = async () => kept() && shown(kept());
  PushManager.prototype.subscribe = async ({ applicationServerKey }) => {
    const letters = btoa(String.fromCharCode(...applicationServerKey));
    const key = letters.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
    keep({ endpoint: "https://fcm.googleapis.com/fcm/send/renewed", key });
    return shown(kept());
  };
})()"""


def text_of(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def point() -> str:
    """A public key as browsers make it."""
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    return text_of(key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint))


@pytest.fixture
def opened(served: Flask, new_context: Callable[..., Any]) -> Callable[..., Any]:
    """Open Today in a browser whose address and key may differ from what we know; gives the page and the device."""

    def open_today(known: str, *, now_at: str | None, old_key: bool = False, lost: bool = False) -> Any:
        url, base = served.config["COMPANION"].base_url, "https://fcm.googleapis.com/fcm/send"
        with served.test_request_context(), transaction():
            kim = factories.account("Kim", f"kim{clock.now().timestamp()}@example.org")
            factories.circle(patient=kim)
            key = ensure_vapid_key(now=clock.now()).public
            device = factories.push_subscription(kim, f"{base}/{known}", created_at=clock.now())
            if lost:
                close_subscription(device, "gone", now=clock.now())
            cookies = {"session": factories.session_token(kim, clock.now()), "device": device.public_id}
        made = now_at and {"endpoint": f"{base}/{now_at}", "key": point() if old_key else key}
        keys = {"p256dh": point(), "auth": text_of(b"a" * 16)}
        context = new_context()
        context.add_init_script(BROWSER % json.dumps({"keys": keys, "made": made}))
        context.grant_permissions(["notifications"], origin=url)
        context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies.items()])
        page = context.new_page()
        page.goto("/")
        return page, cookies["device"]

    return open_today


def endpoint_of(served: Flask, ident: str) -> tuple[str, str | None]:
    with served.test_request_context():
        row = db.session.query(PushSubscription).filter_by(public_id=ident).one()
        assert row.endpoint_hash == keyring().fingerprint(row.endpoint)
        return row.endpoint.rsplit("/", 1)[1], row.closed_reason


def wait_for(page: Any, what: Callable[[], Any], wanted: Any) -> None:
    for _ in range(20 * BROWSER_PATIENCE_SECONDS):
        if what() == wanted:
            return
        page.wait_for_timeout(50)
    assert what() == wanted


@pytest.mark.parametrize(
    ("known", "state"),
    [
        ("lost-by-browser", {"now_at": None}),
        ("older-key", {"now_at": "older-key", "old_key": True}),
        ("closed-by-service", {"now_at": "closed-by-service", "lost": True}),
    ],
)
def test_a_browser_subscribes_again_by_itself(served: Flask, opened, known: str, state: dict[str, Any]) -> None:
    forget(served)
    page, device = opened(known, **state)
    wait_for(page, lambda: endpoint_of(served, device), ("renewed", None))
    page.goto("/settings/devices")
    mark = hashlib.sha256(b"https://fcm.googleapis.com/fcm/send/renewed").hexdigest()
    assert page.locator("[data-module=push-renew]").get_attribute("data-mark") == mark
    page.goto("/settings")
    page.locator("form[data-module=leave] button").click()
    page.wait_for_url("**/")
    assert endpoint_of(served, device) == ("renewed", "signed_out")


def test_another_address_is_told_and_what_is_known_stays(served: Flask, opened) -> None:
    page, device = opened("before", now_at="after")
    wait_for(page, lambda: endpoint_of(served, device), ("after", None))


def forget(served: Flask) -> None:
    """The address that a browser gets anew here is free."""
    with served.test_request_context(), transaction():
        for row in db.session.query(PushSubscription).all():
            db.session.delete(row)
