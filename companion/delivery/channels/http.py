"""What the channels that speak HTTP share: one request in bounded time and size, by kept connections."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

TIMEOUT_SECONDS = 10.0
BODY_SECONDS = 2.0
"""How long to wait for the rest of an answer whose status is known."""
BODY_BYTES = 64 * 1024
LOOK_UPS_AT_ONCE = 16

LookUp = Callable[..., Any]
MayConnect = Callable[[str, str], bool]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: `status` is None where nothing did, then `problem` says why and `body_left` whether the
    message had left by then."""

    status: int | None
    body: bytes = b""
    retry_after: str | None = None
    problem: str = ""
    body_left: bool = True


class GuardedResolver(AbstractResolver):
    """Looks a name up once, and gives only those addresses that may be connected to: what is checked here is what
    the connection goes to, so a name that changes its address in between helps nobody."""

    def __init__(self, may_connect: MayConnect, look_up: LookUp = socket.getaddrinfo) -> None:
        self._may_connect, self._look_up = may_connect, look_up
        # Threads of our own: a name server in silence keeps no mail waiting.
        self._threads = ThreadPoolExecutor(LOOK_UPS_AT_ONCE, "look-up")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a name. Raises OSError when none may be used."""

        def found() -> Any:
            return self._look_up(host, port, type=socket.SOCK_STREAM, family=family)

        infos = await asyncio.get_running_loop().run_in_executor(self._threads, found)
        good = [
            ResolveResult(hostname=host, host=address[0], port=port, family=kind, proto=proto, flags=0)
            for kind, _, proto, _, address in infos
            if self._may_connect(host, address[0])
        ]
        if not good:
            raise OSError("no address that may be connected to")
        return good

    async def close(self) -> None:
        """Wait for no look-up that hangs."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class Poster:
    """Posts by kept connections. No redirects, no proxy from the environment, no cookies."""

    def __init__(self, *, resolver: AbstractResolver | None = None, parallel: int, seconds: float = TIMEOUT_SECONDS):
        self._resolver, self._parallel, self._seconds = resolver, parallel, seconds
        self._session: aiohttp.ClientSession | None = None

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post once. Whatever happens becomes an answer."""
        progress, known = SimpleNamespace(body_left=False), None
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._opened().post(
                    # As it was given: tokens in an address mean what their letters say.
                    URL(url, encoded=True),
                    data=body,
                    headers=headers,
                    allow_redirects=False,
                    trace_request_ctx=progress,
                ) as answer,
            ):
                known = Answer(answer.status, b"", answer.headers.get("Retry-After"))
                return replace(known, body=await _beginning(answer))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return known or Answer(None, problem=type(error).__name__, body_left=progress.body_left)

    async def close(self) -> None:
        """Let go of connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            trace = aiohttp.TraceConfig()
            trace.on_request_chunk_sent.append(_note_body)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, limit_per_host=self._parallel, resolver=self._resolver),
                timeout=aiohttp.ClientTimeout(total=None),  # `post` ends it, once for all its steps
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": "mmn-companion"},
                auto_decompress=False,
                trace_configs=[trace],
            )
        return self._session


async def _note_body(session: Any, context: Any, parameters: Any) -> None:
    context.trace_request_ctx.body_left = True


async def _beginning(answer: aiohttp.ClientResponse) -> bytes:
    """The answer's text, up to a size and a time. A connection with more to come is closed, not kept."""
    text = b""
    if answer.content.at_eof():
        return text
    with contextlib.suppress(aiohttp.ClientError, OSError, ValueError):
        async with asyncio.timeout(BODY_SECONDS):
            while len(text) < BODY_BYTES and (part := await answer.content.read(BODY_BYTES - len(text))):
                text += part
    if not answer.content.at_eof():
        answer.close()
    return text
