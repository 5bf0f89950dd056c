"""One configuration read from the environment; a bad value stops the start with a line that names it."""

import ipaddress
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import click

from companion.keyring import BadKey, Keyring, load_or_create_keyring, read_or_create_private

ROOT = Path(__file__).resolve().parent.parent


class ConfigError(click.ClickException):
    """A setting has a value that cannot work; the message names it and says what to do.

    Every command shows it as one line, because click does so with its own exceptions.
    """


@dataclass(frozen=True, slots=True)
class Config:
    """Everything the application can be told from outside. All settings are optional."""

    data: Path
    database_url: str
    base_url: str
    secret_key: str
    keyring: Keyring
    host: str = "127.0.0.1"
    port: int = 8000
    smtp_url: str | None = None
    mail_from: str = "MMN Companion <companion@localhost>"
    tick_seconds: float = 10.0
    lease_seconds: float = 60.0
    retry_seconds: tuple[float, ...] = field(default=(30, 120, 300, 900, 1800))
    testing: bool = False
    test_failpoints: str = ""
    demo: bool = False

    @property
    def secure(self) -> bool:
        """Whether people reach the app by https."""
        return self.base_url.startswith("https://")

    @property
    def outbox(self) -> Path:
        """Where messages are written when no mail server is set."""
        return self.data / "outbox"

    @property
    def allowed_origins(self) -> frozenset[str]:
        """Exact origins that unsafe requests may come from; on loopback all its names count."""
        parts = urlsplit(self.base_url)
        if not is_loopback(parts.hostname or ""):
            return frozenset({f"{parts.scheme}://{parts.netloc}"})
        usual = 443 if parts.scheme == "https" else 80
        port = "" if (parts.port or usual) == usual else f":{parts.port}"
        return frozenset(f"{parts.scheme}://{name}{port}" for name in ("localhost", "127.0.0.1", "[::1]"))

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """Host headers that are answered."""
        return frozenset(origin.split("://", 1)[1] for origin in self.allowed_origins)


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def load_config(environ: Mapping[str, str] = os.environ) -> Config:
    """Read, check and complete the settings; creates the data folder and its secrets (0600) when missing.

    Raises ConfigError with one line that names the setting.
    """
    host, port = environ.get("HOST", "127.0.0.1"), _port(environ)
    base_url = _base_url(environ, host, port)
    data = _data_folder(environ)
    testing = _testing(environ, host)
    return Config(
        data=data,
        database_url=_database_url(environ, data),
        base_url=base_url,
        secret_key=_secret_key(environ, data),
        keyring=_keyring(environ, data),
        host=host,
        port=port,
        smtp_url=_smtp_url(environ),
        mail_from=environ.get("COMPANION_MAIL_FROM", "MMN Companion <companion@localhost>"),
        tick_seconds=_number(environ, "COMPANION_TICK_SECONDS", 10, lowest=0.05),
        lease_seconds=_test_number(environ, "COMPANION_LEASE_SECONDS", 60, testing),
        testing=testing,
        test_failpoints=_test_only(environ, "COMPANION_TEST_FAILPOINTS", testing),
        demo=_flag(environ, "COMPANION_DEMO"),
    )


def _port(environ: Mapping[str, str]) -> int:
    text = environ.get("PORT", "8000")
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise ConfigError(f"PORT is {text!r}: give a number from 1 to 65535.")
    return int(text)


def _base_url(environ: Mapping[str, str], host: str, port: int) -> str:
    shown = f"[{host}]" if ":" in host else host
    url = environ.get("COMPANION_BASE_URL", "").rstrip("/")
    if not url:
        if not is_loopback(host):
            raise ConfigError(
                f"COMPANION_BASE_URL is not set, and HOST is {host!r}: "
                "give the address that people type, such as https://companion.example.org."
            )
        return f"http://{shown}:{port}"
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path:
        raise ConfigError(f"COMPANION_BASE_URL is {url!r}: give scheme and host, such as https://host.")
    return url


def _data_folder(environ: Mapping[str, str]) -> Path:
    folder = Path(environ.get("COMPANION_DATA") or ROOT / "instance").resolve()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = folder / f".write-{secrets.token_hex(4)}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise ConfigError(
            f"COMPANION_DATA is {str(folder)!r}: the folder cannot be written ({error.strerror})."
        ) from error
    return folder


def _database_url(environ: Mapping[str, str], data: Path) -> str:
    url = environ.get("COMPANION_DATABASE_URL") or f"sqlite:///{data / 'companion.db'}"
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ConfigError(
            "COMPANION_DATABASE_URL must begin with sqlite:/// or postgresql+psycopg:// "
            f"(it begins with {url.split(':', 1)[0]!r})."
        )
    return url


def _secret_key(environ: Mapping[str, str], data: Path) -> str:
    key = environ.get("COMPANION_SECRET_KEY")
    if key is not None:
        if len(key) < 32:
            raise ConfigError("COMPANION_SECRET_KEY is too short: give at least 32 characters.")
        return key
    return read_or_create_private(data / "secret_key", lambda: secrets.token_urlsafe(48))


def _keyring(environ: Mapping[str, str], data: Path) -> Keyring:
    try:
        return load_or_create_keyring(environ.get("COMPANION_DATA_KEYS"), data / "data_keys")
    except BadKey as error:
        raise ConfigError(f"COMPANION_DATA_KEYS: {error}") from error


def _smtp_url(environ: Mapping[str, str]) -> str | None:
    url = environ.get("COMPANION_SMTP_URL") or None
    if url is None:
        return None
    parts = urlsplit(url)
    try:
        good = parts.scheme in ("smtp", "smtps") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise ConfigError("COMPANION_SMTP_URL must look like smtp://user:pass@host:port or smtps://host.")
    return url


def _testing(environ: Mapping[str, str], host: str) -> bool:
    testing = _flag(environ, "COMPANION_TESTING")
    if testing and not is_loopback(host):
        raise ConfigError(f"COMPANION_TESTING is 1, and HOST is {host!r}: testing is for loopback only.")
    if environ.get("COMPANION_TEST_CLOCK") and not testing:
        raise ConfigError("COMPANION_TEST_CLOCK needs COMPANION_TESTING=1.")
    return testing


def _test_only(environ: Mapping[str, str], name: str, testing: bool) -> str:
    value = environ.get(name, "")
    if value and not testing:
        raise ConfigError(f"{name} needs COMPANION_TESTING=1.")
    return value


def _test_number(environ: Mapping[str, str], name: str, default: float, testing: bool) -> float:
    _test_only(environ, name, testing)
    return _number(environ, name, default, lowest=0.1)


def _number(environ: Mapping[str, str], name: str, default: float, *, lowest: float) -> float:
    text = environ.get(name)
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not lowest <= value <= 3600:
        raise ConfigError(f"{name} is {text!r}: give a number of seconds from {lowest:g} to 3600.")
    return value


def _flag(environ: Mapping[str, str], name: str) -> bool:
    value = environ.get(name, "")
    if value not in ("", "0", "1"):
        raise ConfigError(f"{name} is {value!r}: give 1 or 0.")
    return value == "1"
