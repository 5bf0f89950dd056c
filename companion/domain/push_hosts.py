"""Which push services a message may go to: known hosts by https, and never an address inside somebody's network.

A browser hands us the endpoint, so whoever signs in can name any address: nothing but what is listed here is asked.
"""

import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache

KNOWN_HOSTS: tuple[str, ...] = (
    "fcm.googleapis.com",
    ".push.services.mozilla.com",
    ".push.apple.com",
    ".notify.windows.com",
)
"""The push services of Chrome, Firefox, Safari and Edge; a leading dot means every host below it."""

LONGEST_ENDPOINT = 2000

_ENDPOINT = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::(?P<port>[0-9]{1,5}))?(?P<path>/[!-~]*)",
    re.ASCII | re.IGNORECASE,
)
_NOT_IN_A_PATH = re.compile(r"[\\#@\"<>^`{|}]")
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
_REFUSED = tuple(
    ipaddress.ip_network(text) for text in ("64:ff9b:1::/48", "2002::/16", "2001::/32", "192.88.99.0/24")
)
"""Addresses that lead on to another address: 6to4, Teredo, and translation inside a network."""


class EndpointRefused(ValueError):
    """An endpoint that no message may be sent to."""


def provider_of(endpoint: str, extra_hosts: Iterable[str] = ()) -> str:
    """Who runs an endpoint: its host, with a port only on this machine. Raises EndpointRefused.

    `extra_hosts` are the operator's own: names, with a leading dot for all below one. Plain http, other ports and
    an address instead of a name are for this machine only, and only when it is listed there.
    """
    scheme, host, port = _parts_of(endpoint)
    allowed = (*KNOWN_HOSTS, *extra_hosts)
    if not any(_fits(host, one) for one in allowed):
        raise EndpointRefused("host not allowed")
    usual = 443 if scheme == "https" else 80
    shown = host if port in (None, usual) else f"{host}:{port}"
    if is_this_machine(host):
        return shown
    if scheme != "https" or port not in (None, 443) or _is_address(host):
        raise EndpointRefused("only https at its usual port, by name")
    return shown


def origin_of(endpoint: str) -> str:
    """Scheme, host and port of an endpoint, which a signature is made for. Raises EndpointRefused."""
    scheme, host, port = _parts_of(endpoint)
    usual = 443 if scheme == "https" else 80
    return f"{scheme}://{host}" if port in (None, usual) else f"{scheme}://{host}:{port}"


def may_connect(host: str, address: str) -> bool:
    """Whether a message for a host may go to an address that its name stands for: public ones, and this machine's
    own where the host itself is this machine."""
    try:
        found = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return False
    if is_this_machine(host):
        return found.is_loopback
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        elif found in _TRANSLATED:
            found = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
    inside = any(found.version == net.version and found in net for net in _REFUSED)
    return found.is_global and not found.is_multicast and not found.is_reserved and not inside


@lru_cache(maxsize=256)
def is_this_machine(host: str) -> bool:
    """Whether a host of an endpoint means this machine: `localhost` or a loopback address in its usual form."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@lru_cache(maxsize=512)
def _parts_of(endpoint: str) -> tuple[str, str, int | None]:
    """Scheme, host and port. Parts that programs read differently, such as a name before "@", are refused."""
    found = _ENDPOINT.fullmatch(endpoint) if len(endpoint) <= LONGEST_ENDPOINT else None
    if found is None or _NOT_IN_A_PATH.search(found["path"]):
        raise EndpointRefused("not an address of a push service")
    host = found["host"].lower()
    if not _is_name_or_number(host):
        raise EndpointRefused("not a host name")
    return found["scheme"].lower(), host, int(found["port"]) if found["port"] else None


@lru_cache(maxsize=256)
def _is_name_or_number(host: str) -> bool:
    return host.startswith("[") or all(_is_label(part) for part in host.split("."))


def _is_label(part: str) -> bool:
    return 0 < len(part) <= 63 and not part.startswith("-") and not part.endswith("-")


def _is_address(host: str) -> bool:
    """Whether a host is a number in any form that a system may read as an address."""
    last = host.rsplit(".", 1)[-1]
    return host.startswith("[") or last.isdigit() or last.startswith("0x")


def _fits(host: str, allowed: str) -> bool:
    return host.endswith(allowed) and len(host) > len(allowed) if allowed.startswith(".") else host == allowed
