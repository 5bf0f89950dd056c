"""Endpoints come from browsers, so from anybody: only known push services, and no way inside a network."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.domain import push_hosts
from companion.domain.push_hosts import EndpointRefused, may_connect, origin_of, provider_of

EXTRA = (".push.example.org", "one.example.org", "127.0.0.1", "localhost", "[::1]")


@pytest.mark.parametrize(
    ("endpoint", "provider", "origin"),
    [
        ("https://fcm.googleapis.com/fcm/send/a:APA91b_-", "fcm.googleapis.com", "https://fcm.googleapis.com"),
        ("https://FCM.googleapis.com:443/wp/x", "fcm.googleapis.com", "https://fcm.googleapis.com"),
        (
            "https://updates.push.services.mozilla.com/wpush/v2/gAA",
            "updates.push.services.mozilla.com",
            "https://updates.push.services.mozilla.com",
        ),
        ("https://web.push.apple.com/QO", "web.push.apple.com", "https://web.push.apple.com"),
        (
            "https://wns2-pn1p.notify.windows.com/w/?token=BQ%2b%3d",
            "wns2-pn1p.notify.windows.com",
            "https://wns2-pn1p.notify.windows.com",
        ),
        ("https://a.push.example.org/1", "a.push.example.org", "https://a.push.example.org"),
        ("https://one.example.org/1", "one.example.org", "https://one.example.org"),
        ("http://127.0.0.1:8123/push/1", "127.0.0.1:8123", "http://127.0.0.1:8123"),
        ("http://localhost/push/1", "localhost", "http://localhost"),
        ("https://localhost:80/push/1", "localhost:80", "https://localhost:80"),
        ("http://[::1]:8123/push/1", "[::1]:8123", "http://[::1]:8123"),
    ],
)
def test_known_services(endpoint, provider, origin):
    assert provider_of(endpoint, EXTRA) == provider
    assert origin_of(endpoint) == origin


REFUSED = [
    "",
    "fcm.googleapis.com/x",
    "ftp://fcm.googleapis.com/x",
    "http://fcm.googleapis.com/x",
    "https://fcm.googleapis.com",
    "https://fcm.googleapis.com:80/x",
    "https://fcm.googleapis.com:8443/x",
    "https://fcm.googleapis.com:99999/x",
    "https://fcm.googleapis.com./x",
    "https://.fcm.googleapis.com/x",
    "https://xfcm.googleapis.com/x",
    "https://fcm.googleapis.com.evil.example/x",
    "https://push.apple.com/x",
    "https://xpush.apple.com/x",
    "https://.push.apple.com/x",
    "https://-a.push.apple.com/x",
    "https://a-.push.apple.com/x",
    "https://a..push.apple.com/x",
    "https://push.example.org/x",
    "https://fcm.googleapis.com@127.0.0.1/x",
    "https://user:pw@fcm.googleapis.com/x",
    "https://127.0.0.1#@fcm.googleapis.com/x",
    "https://127.0.0.1\\@fcm.googleapis.com/x",
    "https://127.0.0.1%23@fcm.googleapis.com/x",
    "https://fcm.googleapis.com/x#y",
    "https://fcm.googleapis.com/x\\y",
    "https://fcm.googleapis.com/@x",
    "https:/fcm.googleapis.com/x",
    "https:///fcm.googleapis.com/x",
    "https://fcm.googleapis.com\t/x",
    "https://fcm.googleapis.com/x\n",
    " https://fcm.googleapis.com/x",
    "https://fcm.googleapis.com/x y",
    "https://ｆcm.googleapis.com/x",
    "https://fcm。googleapis.com/x",
    "https://10.0.0.1/x",
    "https://127.1/x",
    "https://127.0.0.2/x",
    "https://0x7f.0.0.1/x",
    "https://0x7f000001/x",
    "https://2130706433/x",
    "https://017700000001/x",
    "https://[::ffff:127.0.0.1]/x",
    "https://[::]/x",
    "https://[fe80::1%25eth0]/x",
    "https://169.254.169.254/latest/meta-data",
    "https://1.2.3.4.nip.io/x",
    "https://fcm.googleapis.com/" + "x" * 2000,
]


@pytest.mark.parametrize("endpoint", REFUSED)
def test_everything_else_is_refused(endpoint):
    with pytest.raises(EndpointRefused):
        provider_of(endpoint, EXTRA)


@pytest.mark.parametrize(("host", "extra"), [("127.0.0.1", ()), ("localhost", ()), ("10.0.0.1", ("10.0.0.1",))])
def test_this_machine_only_when_listed_and_no_other_address_ever(host, extra):
    for scheme in ("http", "https"):
        with pytest.raises(EndpointRefused):
            provider_of(f"{scheme}://{host}/x", extra)


@pytest.mark.parametrize("host", ["0x7f.1", "[2001:4860:4860::8888]", "1.2.3.4"])
def test_an_address_is_no_name_even_when_listed(host):
    with pytest.raises(EndpointRefused):
        provider_of(f"https://{host}/x", (host,))


@given(st.text(max_size=80), st.sampled_from(["https://", "http://", ""]))
def test_any_text_gives_a_listed_host_or_is_refused(text, scheme):
    try:
        provider = provider_of(scheme + text, EXTRA)
    except EndpointRefused:
        return
    host = provider.rsplit(":", 1)[0] if provider[-1].isdigit() and "]" not in provider else provider
    assert any(host == one or host.endswith(one) for one in (*push_hosts.KNOWN_HOSTS, *EXTRA)) or "[" in host


@pytest.mark.parametrize("address", ["8.8.8.8", "2a00:1450:4001::200a", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_may_be_connected_to(address):
    assert may_connect("fcm.googleapis.com", address)
    assert not may_connect("localhost", address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "192.0.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "192.88.99.1",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
        "fc00::1",
        "fe80::1",
        "fe80::1%eth0",
        "ff02::1",
        "2001:db8::1",
        "no address",
        "0x7f.1",
    ],
)
def test_addresses_inside_may_not(address):
    assert not may_connect("fcm.googleapis.com", address)


@pytest.mark.parametrize(("host", "address"), [("localhost", "::1"), ("127.0.0.1", "127.0.0.1"), ("[::1]", "::1")])
def test_this_machine_leads_to_this_machine(host, address):
    assert may_connect(host, address)
    assert not may_connect(host, "10.0.0.1")
