"""A real push service on loopback: devices with real keys, messages decrypted and checked, answers to order."""

import asyncio
import base64
import json
import os
import re
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import http_ece
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

from companion.clock import now as clock_now
from companion.database import keyring
from companion.delivery import operations
from companion.delivery.models import PushSubscription
from companion.domain.push_hosts import provider_of
from tests.running import free_port

LARGEST = 4096
LONGEST_SIGNATURE = timedelta(hours=24)
TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}")
URGENCIES = ("very-low", "low", "normal", "high")


@dataclass(frozen=True)
class Reply:
    """How the service answers. `seconds`: in silence before it does. `drip`: the body comes a byte a second;
    `drip_head`: all of the answer does. `endless`: the body has no end. `drop`: hangs up instead."""

    status: int = 201
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    seconds: float = 0.0
    drip: bool = False
    drip_head: bool = False
    endless: bool = False
    drop: bool = False


@dataclass(frozen=True)
class Push:
    """One message as its device reads it."""

    device: str
    payload: dict[str, Any]
    topic: str
    ttl: int
    urgency: str
    path: str
    at: float

    @property
    def notification(self) -> dict[str, Any]:
        """What the device shows."""
        return dict(self.payload["notification"])


class Device:
    """One browser: its keys never leave it."""

    def __init__(self, name: str, origin: str) -> None:
        self.name, self.endpoint = name, f"{origin}/push/{name}"
        self.key, self.secret = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)
        self.vapid_public = ""
        """The key that it subscribed with; messages signed by another are refused."""

    @property
    def p256dh(self) -> str:
        """Its public key, as browsers give it."""
        point = self.key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return _text_of(point)

    @property
    def auth(self) -> str:
        """Its secret, as browsers give it."""
        return _text_of(self.secret)


class PushSink:
    """The service. `replies` holds odd answers for a device, used up one by one; `always` the one that stays.

    `pushes` is what it took and could read, `calls` counts every request, `problems` says what was wrong with
    those that a real service would refuse. `now` is the clock that signatures are checked by.
    """

    def __init__(
        self, now: Callable[[], datetime] = lambda: datetime.now(UTC), context: ssl.SSLContext | None = None
    ) -> None:
        self.port = free_port()
        self.origin = f"{'https' if context else 'http'}://127.0.0.1:{self.port}"
        self.now, self._context = now, context
        self.devices: dict[str, Device] = {}
        self.replies: dict[str, list[Reply]] = {}
        self.always: dict[str, Reply] = {}
        self.pushes: list[Push] = []
        self.calls: Counter[str] = Counter()
        self.times: dict[str, list[float]] = {}
        self.connections = 0
        self.problems: list[str] = []
        self._loop = asyncio.new_event_loop()
        self._thread: threading.Thread | None = None
        self._runner: web.AppRunner | None = None

    def device(self, name: str = "phone") -> Device:
        """A new device of this service."""
        self.devices[name] = Device(name, self.origin)
        return self.devices[name]

    def subscribe(
        self, account_id: int, name: str = "phone", origin: str | None = None, **values: Any
    ) -> PushSubscription:
        """A device of an account, as the page stores it; call in a transaction.

        Not confirmed unless `confirmed_at` is given. `origin` is another name of this service.
        """
        from tests.factories import add

        device, now = self.device(name), clock_now()
        device.endpoint = f"{origin or self.origin}/push/{name}"
        device.vapid_public = operations.ensure_vapid_key(now=now).public
        row: PushSubscription = add(
            PushSubscription(
                account_id=account_id,
                endpoint=device.endpoint,
                endpoint_hash=keyring().fingerprint(device.endpoint),
                p256dh=device.p256dh,
                auth=device.auth,
                vapid_public=device.vapid_public,
                provider=provider_of(device.endpoint, [str(urlsplit(device.endpoint).hostname)]),
                **({"device_name": name, "created_at": now} | values),
            )
        )
        return row

    def start(self) -> None:
        """Listen."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
            self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    def stop(self) -> None:
        """Stop listening; what hangs is cut off."""
        if self._runner is not None:
            asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
            self._runner = None

    def to(self, name: str) -> list[Push]:
        """What a device got, in order."""
        return [push for push in self.pushes if push.device == name]

    async def _listen(self) -> None:
        app = web.Application(client_max_size=2 * LARGEST)
        app.router.add_post("/push/{name}", self._take)
        app.router.add_route("*", "/elsewhere", self._elsewhere)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=self._context).start()

    async def _take(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        self.calls[name] += 1
        self.times.setdefault(name, []).append(time.monotonic())
        body = await request.read()
        refused = self._refusal(name, request, body)
        if refused is not None:
            return refused
        waiting = self.replies.get(name)
        reply = waiting.pop(0) if waiting else self.always.get(name, Reply())
        if 200 <= reply.status < 300:
            self._keep(name, request, body)
        return await _answer(request, reply)

    async def _elsewhere(self, request: web.Request) -> web.Response:
        """Where redirects lead: nobody should ever come."""
        self.problems.append("followed a redirect")
        return web.Response(status=201)

    def _refusal(self, name: str, request: web.Request, body: bytes) -> web.Response | None:
        device = self.devices.get(name)
        if device is None:
            return web.Response(status=404)
        if len(body) > LARGEST:
            return self._no(413, "too large")
        problem = self._problem_of_headers(request) or self._problem_of_signature(device, request)
        return self._no(*problem) if problem else None

    def _no(self, status: int, why: str) -> web.Response:
        self.problems.append(why)
        return web.json_response({"reason": why}, status=status)

    def _problem_of_headers(self, request: web.Request) -> tuple[int, str] | None:
        headers = request.headers
        if headers.get("Content-Encoding") != "aes128gcm":
            return 415, "BadEncoding"
        if not headers.get("TTL", "").isdigit():
            return 400, "BadTtl"
        if headers.get("Urgency", "normal") not in URGENCIES:
            return 400, "BadUrgency"
        return None if TOPIC.fullmatch(headers.get("Topic", "x")) else (400, "BadTopic")

    def _problem_of_signature(self, device: Device, request: web.Request) -> tuple[int, str] | None:
        header = request.headers.get("Authorization", "")
        try:
            parts = dict(part.split("=", 1) for part in header.removeprefix("vapid ").split(","))
            claims = json.loads(_bytes_of(parts["t"].split(".")[1]))
            good = Vapid02.verify(header)
        except (ValueError, KeyError, IndexError):
            return 401, "UnreadableJwt"
        until, now = datetime.fromtimestamp(claims["exp"], UTC), self.now()
        if not good or claims["aud"] != self.origin:
            return 403, "BadJwtToken"
        if not now < until <= now + LONGEST_SIGNATURE:
            return 403, "ExpiredJwtToken"
        if device.vapid_public and parts["k"] != device.vapid_public:
            return 403, "VapidPkHashMismatch"
        return None if str(claims.get("sub", "")).startswith(("mailto:", "https:")) else (403, "BadSubject")

    def _keep(self, name: str, request: web.Request, body: bytes) -> None:
        device, headers = self.devices[name], request.headers
        try:
            text = http_ece.decrypt(body, private_key=device.key, auth_secret=device.secret, version="aes128gcm")
            payload = json.loads(text)
        except Exception as error:
            self.problems.append(f"unreadable {type(error).__name__}")
            return
        self.pushes.append(
            Push(
                name,
                payload,
                headers.get("Topic", ""),
                int(headers["TTL"]),
                headers.get("Urgency", "normal"),
                request.raw_path,
                time.monotonic(),
            )
        )


async def _answer(request: web.Request, reply: Reply) -> web.StreamResponse:
    await asyncio.sleep(reply.seconds)
    if reply.drop and request.transport is not None:
        request.transport.abort()
    if reply.drip_head and request.transport is not None:
        for letter in b"HTTP/1.1 201 Created\r\nX-Slow: 1\r\n":
            request.transport.write(bytes([letter]))
            await asyncio.sleep(1)
    if not (reply.drip or reply.endless):
        return web.Response(status=reply.status, headers=reply.headers, body=reply.body)
    answer = web.StreamResponse(status=reply.status, headers=reply.headers)
    await answer.prepare(request)
    while True:
        await answer.write(b"x" if reply.drip else b"x" * 65536)
        await asyncio.sleep(1 if reply.drip else 0)


def _text_of(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes_of(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
