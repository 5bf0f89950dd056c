"""The guard that keeps tests on this machine does its work."""

import smtplib
import socket
import urllib.request

import pytest

from tests import network


def escapes() -> list[str]:
    """What the guard has noticed; forgiven at once."""
    noticed = list(network._escapes)
    network._escapes.clear()
    return noticed


def test_connection_to_elsewhere_is_refused() -> None:
    with pytest.raises(PermissionError, match="stay on this machine"):
        socket.create_connection(("192.0.2.1", 443), timeout=1)
    assert escapes() == ["socket.connect to 192.0.2.1"]


def test_name_look_up_is_refused() -> None:
    with pytest.raises(PermissionError):
        smtplib.SMTP("mail.example.org", timeout=1)
    assert escapes() == ["look-up of mail.example.org"]


def test_swallowed_refusal_is_remembered() -> None:
    with pytest.raises(OSError, match="stay on this machine"):
        urllib.request.urlopen("http://example.org", timeout=1)
    assert escapes() == ["look-up of example.org"]


def test_datagram_is_refused() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender, pytest.raises(PermissionError):
        sender.sendto(b"x", ("192.0.2.1", 53))
    assert escapes() == ["socket.sendto to 192.0.2.1"]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "localhost"])
def test_this_machine_is_reached(host: str) -> None:
    with socket.create_server(("0.0.0.0", 0)) as server:
        socket.create_connection((host, server.getsockname()[1]), timeout=1).close()
    assert escapes() == []
