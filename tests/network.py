"""Fails every test that opens a connection, or looks up a name, outside this machine."""

import ipaddress
import socket
import sys
from collections.abc import Iterator
from typing import Any

import pytest

_escapes: list[str] = []


def _watch_sockets(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook sees every socket of this process, whichever library opens it, and cannot be removed."""
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        where, address = arguments
        if where.family in (socket.AF_INET, socket.AF_INET6) and address and not _is_here(address[0]):
            _refuse(f"{event} to {address[0]}")
    elif event == "socket.getaddrinfo" and not _needs_no_server(arguments[0]):
        _refuse(f"look-up of {arguments[0]}")


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.split("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"


def _needs_no_server(host: str | bytes | None) -> bool:
    text = host.decode(errors="replace") if isinstance(host, bytes) else host
    try:
        return text in (None, "", "localhost") or bool(ipaddress.ip_address(str(text)))
    except ValueError:
        return False


def _refuse(what: str) -> None:
    _escapes.append(what)
    raise PermissionError(f"tests stay on this machine: {what}")


sys.addaudithook(_watch_sockets)


@pytest.fixture(autouse=True)
def stays_on_this_machine() -> Iterator[None]:
    """Fails the test even where the code under test has swallowed the refusal."""
    _escapes.clear()
    yield
    assert not _escapes, f"left this machine: {', '.join(_escapes)}"
