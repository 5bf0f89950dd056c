"""Every setting: what it may say, and the one line that names a value that cannot work."""

import base64
import multiprocessing
import os
from pathlib import Path
from typing import Any

import pytest

from companion.config import Config, ConfigError, load_config
from companion.keyring import Keyring

GOOD_KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
TESTING = {"COMPANION_TESTING": "1"}


def load(tmp_path: Path, **environ: str) -> Config:
    return load_config({"COMPANION_DATA": str(tmp_path / "data"), **environ})


def test_everything_has_a_default(tmp_path: Path) -> None:
    config = load(tmp_path)
    assert config.base_url == "http://127.0.0.1:8000"
    assert config.database_url == f"sqlite:///{tmp_path / 'data' / 'companion.db'}"
    assert (config.tick_seconds, config.lease_seconds, config.smtp_url) == (10, 60, None)
    assert not config.testing
    assert not config.secure
    assert not config.demo
    assert config.outbox == tmp_path / "data" / "outbox"


def test_an_empty_setting_is_an_unset_one(tmp_path: Path) -> None:
    names = ("HOST", "PORT", "COMPANION_BASE_URL", "COMPANION_DATABASE_URL", "COMPANION_SECRET_KEY")
    names += ("COMPANION_DATA_KEYS", "COMPANION_SMTP_URL", "COMPANION_MAIL_FROM", "COMPANION_TICK_SECONDS")
    names += ("COMPANION_TESTING", "COMPANION_TEST_CLOCK", "COMPANION_TEST_FAILPOINTS", "COMPANION_DEMO")
    assert load(tmp_path, **dict.fromkeys(names, "")) == load(tmp_path)


GOOD: list[tuple[dict[str, str], str, Any]] = [
    ({"HOST": "localhost", "PORT": "80"}, "base_url", "http://localhost:80"),
    ({"HOST": "::1", "PORT": "9"}, "base_url", "http://[::1]:9"),
    ({"PORT": "65535"}, "port", 65535),
    ({"COMPANION_BASE_URL": "https://Care.Example.org/"}, "base_url", "https://care.example.org"),
    ({"COMPANION_BASE_URL": "https://[2001:db8::1]:8443"}, "base_url", "https://[2001:db8::1]:8443"),
    ({"HOST": "0.0.0.0", "COMPANION_BASE_URL": "http://nas.local:8000"}, "base_url", "http://nas.local:8000"),
    ({"COMPANION_DATABASE_URL": "sqlite:////srv/c.db"}, "database_url", "sqlite:////srv/c.db"),
    ({"COMPANION_DATABASE_URL": "postgresql+psycopg://u:p@h/n"}, "database_url", "postgresql+psycopg://u:p@h/n"),
    ({"COMPANION_SECRET_KEY": "s" * 32}, "secret_key", "s" * 32),
    ({"COMPANION_SMTP_URL": "smtp://u:p@mail.example.org:587"}, "smtp_url", "smtp://u:p@mail.example.org:587"),
    ({"COMPANION_SMTP_URL": "smtps://mail.example.org"}, "smtp_url", "smtps://mail.example.org"),
    ({"COMPANION_MAIL_FROM": "Care <care@example.org>"}, "mail_from", "Care <care@example.org>"),
    ({"COMPANION_MAIL_FROM": "care@example.org"}, "mail_from", "care@example.org"),
    ({"COMPANION_TICK_SECONDS": "0.3"}, "tick_seconds", 0.3),
    ({"COMPANION_TICK_SECONDS": "3600"}, "tick_seconds", 3600.0),
    ({"COMPANION_DEMO": "1"}, "demo", True),
    ({"COMPANION_DEMO": "0"}, "demo", False),
    ({"COMPANION_TESTING": "1", "HOST": "::1"}, "testing", True),
    ({**TESTING, "COMPANION_LEASE_SECONDS": "2"}, "lease_seconds", 2.0),
    ({**TESTING, "COMPANION_TEST_FAILPOINTS": "after_send:2,mid_plan"}, "test_failpoints", "after_send:2,mid_plan"),
]


@pytest.mark.parametrize(("environ", "name", "value"), GOOD, ids=str)
def test_good_values(tmp_path: Path, environ: dict[str, str], name: str, value: Any) -> None:
    assert getattr(load(tmp_path, **environ), name) == value


BAD: list[tuple[str, str]] = [
    *[("PORT", port) for port in ("0", "65536", "-1", "eighty", "80.0", "²", "٨٠", " 80", "9" * 500)],
    *[("HOST", host) for host in ("a b", "http://x", "x/y", "é")],
    *[("COMPANION_BASE_URL", url) for url in (
        "care.example.org", "ftp://care.example.org", "https://", "https://care.example.org/app", "https://u:p@care.org",
        "https://care.org?x=1", "https://care.org#x", "https://care.org:0", "https://care.org:99999",
        "https://a b.org", "https://[::1", "https://müller.de", "https://care.org:", "javascript:alert(1)", "https://care.org\nx",
    )],
    *[("COMPANION_DATABASE_URL", url) for url in (
        "mysql://h/n", "postgresql://h/n", "sqlite://", "sqlite:///", "sqlite:///:memory:", "companion.db",
        "postgresql+psycopg://h", "postgresql+psycopg://u:secret@h:port/n",
    )],
    *[("COMPANION_SECRET_KEY", key) for key in ("short", "s" * 31)],
    *[("COMPANION_DATA_KEYS", keys) for keys in ("short", "ü", f"{GOOD_KEY},AAAA", ",", f"{GOOD_KEY}{GOOD_KEY}")],
    *[("COMPANION_SMTP_URL", url) for url in (
        "mail.example.org", "http://mail.example.org", "smtp://", "smtp://h:0", "smtp://h:port", "smtp://[::1",
    )],
    *[("COMPANION_MAIL_FROM", sender) for sender in ("nobody", "Care <>", "a@b\nBcc: c@d", "@", "Care <care@>")],
    *[("COMPANION_TICK_SECONDS", text) for text in ("often", "0", "-1", "nan", "inf", "3601", "0.01")],
    *[("COMPANION_TESTING", text) for text in ("yes", "true", "2")],
    *[("COMPANION_DEMO", text) for text in ("yes", "on")],
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_value_is_one_line_that_names_it(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(tmp_path, **{name: value})
    assert name in error.value.message
    assert "\n" not in error.value.message
    assert "secret" not in error.value.message


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"COMPANION_TEST_CLOCK": "/tmp/clock"}, "COMPANION_TEST_CLOCK"),
        ({"COMPANION_TEST_FAILPOINTS": "mid_plan"}, "COMPANION_TEST_FAILPOINTS"),
        ({"COMPANION_LEASE_SECONDS": "1"}, "COMPANION_LEASE_SECONDS"),
        ({**TESTING, "COMPANION_LEASE_SECONDS": "0"}, "COMPANION_LEASE_SECONDS"),
        ({**TESTING, "COMPANION_TEST_FAILPOINTS": "mid plan:x"}, "COMPANION_TEST_FAILPOINTS"),
        ({**TESTING, "HOST": "0.0.0.0", "COMPANION_BASE_URL": "http://nas.local"}, "COMPANION_TESTING"),
        ({**TESTING, "HOST": "192.168.1.5", "COMPANION_BASE_URL": "http://192.168.1.5"}, "COMPANION_TESTING"),
        ({"HOST": "0.0.0.0"}, "COMPANION_BASE_URL"),
    ],
    ids=str,
)
def test_what_is_refused_beside_another_setting(tmp_path: Path, environ: dict[str, str], name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        load(tmp_path, **environ)


def test_a_data_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"COMPANION_DATA is .*file/data.*cannot be written"):
        load_config({"COMPANION_DATA": str(tmp_path / "file" / "data")})


@pytest.mark.parametrize(
    ("file", "content", "name"),
    [
        ("secret_key", b"", "COMPANION_SECRET_KEY"),
        ("secret_key", b"\xff" * 40, "COMPANION_SECRET_KEY"),
        ("data_keys", b"", "COMPANION_DATA_KEYS"),
        ("data_keys", b"\xff\xfe", "COMPANION_DATA_KEYS"),
    ],
)
def test_a_damaged_secret_is_named_with_its_file(tmp_path: Path, file: str, content: bytes, name: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / file).write_bytes(content)
    with pytest.raises(ConfigError, match=rf"{name}.*{file}"):
        load(tmp_path)


def test_a_secret_that_is_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "data" / "secret_key").mkdir(parents=True)
    with pytest.raises(ConfigError, match=r"COMPANION_SECRET_KEY.*secret_key"):
        load(tmp_path)


# --- secrets ---


def test_the_first_start_makes_private_secrets_that_stay(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        first = load(tmp_path)
    finally:
        os.umask(before)
    for name in ("secret_key", "data_keys"):
        assert (tmp_path / "data" / name).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert load(tmp_path) == first
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["data_keys", "secret_key"]
    assert load(tmp_path / "other").secret_key != first.secret_key


def _secrets_of(folder: str, gate: Any) -> tuple[str, tuple[tuple[str, bytes], ...]]:
    gate.wait()
    config = load_config({"COMPANION_DATA": folder})
    return config.secret_key, config.keyring.keys


def test_processes_that_start_at_once_make_one_secret(tmp_path: Path) -> None:
    with multiprocessing.Manager() as manager, multiprocessing.Pool(4) as pool:
        for turn in range(5):
            gate = manager.Barrier(4)
            found = pool.starmap(_secrets_of, [(str(tmp_path / str(turn)), gate)] * 4, chunksize=1)
            assert len(set(found)) == 1


def test_nothing_secret_is_in_what_a_log_would_show(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        COMPANION_SECRET_KEY="canary" * 6,
        COMPANION_DATA_KEYS=GOOD_KEY,
        COMPANION_SMTP_URL="smtp://u:canary@h",
        COMPANION_DATABASE_URL="postgresql+psycopg://u:canary@h/n",
    )
    assert "canary" not in repr(config)
    assert repr(config.keyring) == "Keyring()"
    assert isinstance(config.keyring, Keyring)


# --- where requests may come from ---

LOOPBACK = {"http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000"}
PLACES = [
    ({}, LOOPBACK),
    ({"HOST": "::1"}, LOOPBACK),
    ({"COMPANION_BASE_URL": "http://localhost:8000"}, LOOPBACK),
    ({"PORT": "80"}, {"http://localhost", "http://127.0.0.1", "http://[::1]"}),
    ({"COMPANION_BASE_URL": "https://localhost:443"}, {"https://localhost", "https://127.0.0.1", "https://[::1]"}),
    ({"COMPANION_BASE_URL": "https://care.example.org"}, {"https://care.example.org"}),
    ({"COMPANION_BASE_URL": "https://CARE.example.org:443/"}, {"https://care.example.org"}),
    ({"COMPANION_BASE_URL": "http://nas.local:80"}, {"http://nas.local"}),
    ({"COMPANION_BASE_URL": "http://nas.local:8000"}, {"http://nas.local:8000"}),
    ({"COMPANION_BASE_URL": "https://[2001:DB8::1]:8443"}, {"https://[2001:db8::1]:8443"}),
]


@pytest.mark.parametrize(("environ", "origins"), PLACES, ids=[str(environ) for environ, _origins in PLACES])
def test_origins_and_hosts(tmp_path: Path, environ: dict[str, str], origins: set[str]) -> None:
    config = load(tmp_path, **environ)
    assert config.allowed_origins == origins
    assert config.allowed_hosts == {origin.partition("://")[2] for origin in origins}
    assert config.secure == config.base_url.startswith("https")
