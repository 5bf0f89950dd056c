"""A slow line to a server on this machine: bytes take their time both ways, and so does making a connection.

Chromium's own emulation delays each request, but a connection costs nothing in it. On a real line a connection takes
a round trip before the first request. This line stands between browser and server and gives each its price: a round
trip before a connection passes anything, half a round trip for every byte, and one rate each way that all connections
share.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

ROUND_TRIP = 0.150
DOWN, UP = 1_600_000 / 8, 750_000 / 8
PIECE = 1460
"""Bytes of one packet, about."""

Queue = asyncio.Queue[tuple[float, bytes] | None]


class _Way:
    """One direction: what waits for its turn, at bytes a second."""

    def __init__(self, rate: float) -> None:
        self.rate, self.free_at = rate, 0.0

    def arrives_at(self, now: float, size: int) -> float:
        """When the last byte comes out at the other end."""
        self.free_at = max(now, self.free_at) + size / self.rate
        return self.free_at + ROUND_TRIP / 2


class SlowLine:
    """Listens on a port of its own and passes everything on to `port`."""

    def __init__(self, port: int) -> None:
        self.to, self.port = port, 0
        self.is_slow = True
        self._down, self._up = _Way(DOWN), _Way(UP)
        self._loop = asyncio.new_event_loop()
        self._open = threading.Event()

    def run(self) -> None:
        """Serve until stopped; in a thread of its own."""
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._connected, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._open.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))

    def wait_until_open(self) -> None:
        """Until `port` is known."""
        self._open.wait(10)

    def stop(self) -> None:
        """End the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(ROUND_TRIP if self.is_slow else 0)
        with suppress(OSError, asyncio.CancelledError):
            there, back = await asyncio.open_connection("127.0.0.1", self.to)
            await asyncio.gather(self._pass(reader, back, self._up), self._pass(there, writer, self._down))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: _Way) -> None:
        """Everything from one side to the other, each packet at its time."""
        queue: Queue = asyncio.Queue()
        out = asyncio.create_task(self._deliver(queue, writer))
        while piece := await reader.read(PIECE):
            now = self._loop.time()
            await queue.put((way.arrives_at(now, len(piece)) if self.is_slow else now, piece))
        await queue.put(None)
        await out

    async def _deliver(
        self, queue: "asyncio.Queue[tuple[float, bytes] | None]", writer: asyncio.StreamWriter
    ) -> None:
        while (waiting := await queue.get()) is not None:
            at, piece = waiting
            await asyncio.sleep(max(0.0, at - self._loop.time()))
            writer.write(piece)
            await writer.drain()
        writer.close()


@contextmanager
def slow_line(port: int) -> Iterator[SlowLine]:
    """A line to a port of this machine; the port that it gives is the one to open."""
    line = SlowLine(port)
    thread = threading.Thread(target=line.run, daemon=True)
    thread.start()
    line.wait_until_open()
    try:
        yield line
    finally:
        line.stop()
        thread.join(5)
