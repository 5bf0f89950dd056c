"""One configuration read from the environment; a bad value stops the start with a line that names it."""

import ipaddress
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import click
import sqlalchemy as sa

from companion.keyring import BadKey, Keyring, load_or_create_keyring, read_or_create_private

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
MAIL_FROM = "MMN Companion <companion@localhost>"
SHORTEST_SECRET = 32
RETRY_SECONDS = (30.0, 120.0, 300.0, 900.0, 1800.0)
PUSH_HOST = re.compile(r"\.?[\w-]+(\.[\w-]+)*|\[[0-9a-f:.]+\]", re.ASCII)
ORIGIN = re.compile(r"https?://([\w.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?", re.ASCII | re.IGNORECASE)
FAILPOINTS = re.compile(r"[\w.-]+(:[1-9]\d*)?(,[\w.-]+(:[1-9]\d*)?)*", re.ASCII)


class ConfigError(click.ClickException):
    """A setting has a value that cannot work; the message names it and says what to do.

    Every command shows it as one line, because click does so with its own exceptions.
    """


@dataclass(frozen=True, slots=True)
class Config:
    """Everything the application can be told from outside. All settings are optional."""

    data: Path
    database_url: str = field(repr=False)
    base_url: str
    secret_key: str = field(repr=False)
    keyring: Keyring
    deletion_list: Path
    host: str = "127.0.0.1"
    port: int = 8000
    smtp_url: str | None = field(default=None, repr=False)
    mail_from: str = MAIL_FROM
    tick_seconds: float = 10.0
    lease_seconds: float = 60.0
    hold_seconds: float = 60.0
    ahead_seconds: float = 600.0
    retry_seconds: tuple[float, ...] = RETRY_SECONDS
    push_hosts: tuple[str, ...] = ()
    webhook_url: str | None = field(default=None, repr=False)
    webhook_secret: str = field(default="", repr=False)
    dead_man_url: str | None = field(default=None, repr=False)
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
        usual = 443 if parts.scheme == "https" else 80
        port = "" if (parts.port or usual) == usual else f":{parts.port}"
        host = parts.hostname or ""
        names = LOOPBACK_NAMES if is_loopback(host) else (f"[{host}]" if ":" in host else host,)
        return frozenset(f"{parts.scheme}://{name}{port}" for name in names)

    @property
    def passkey_domain(self) -> str | None:
        """The name that passkeys belong to; None where browsers make none: without https, or at a bare number."""
        host = urlsplit(self.base_url).hostname or ""
        if is_loopback(host):
            return "localhost"
        return host if self.secure and not re.fullmatch(r"[\d.]+|.*:.*", host) else None

    @property
    def passkey_origins(self) -> list[str]:
        """The origins that a passkey may be used at."""
        return sorted(one for one in self.allowed_origins if urlsplit(one).hostname == self.passkey_domain)

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
    host, port = _host(environ), _port(environ)
    base_url = _base_url(environ, host, port)
    data = _data_folder(environ)
    testing = _testing(environ, host)
    return Config(
        data=data,
        database_url=_database_url(environ, data),
        base_url=base_url,
        secret_key=_secret_key(environ, data),
        keyring=_keyring(environ, data),
        deletion_list=_deletion_list(environ, data),
        host=host,
        port=port,
        smtp_url=_smtp_url(environ),
        mail_from=_mail_from(environ),
        tick_seconds=_number(environ, "COMPANION_TICK_SECONDS", 10, lowest=0.05),
        lease_seconds=_test_number(environ, "COMPANION_LEASE_SECONDS", 60, testing),
        ahead_seconds=_number(environ, "COMPANION_AHEAD_SECONDS", 600, lowest=0),
        hold_seconds=_test_number(environ, "COMPANION_HOLD_SECONDS", 60, testing),
        retry_seconds=_retry_seconds(environ, testing),
        push_hosts=_push_hosts(environ),
        webhook_url=_outside_url(environ, "COMPANION_WEBHOOK_URL"),
        webhook_secret=_webhook_secret(environ),
        dead_man_url=_outside_url(environ, "COMPANION_DEAD_MAN_URL"),
        testing=testing,
        test_failpoints=_failpoints(environ, testing),
        demo=_flag(environ, "COMPANION_DEMO"),
    )


def _host(environ: Mapping[str, str]) -> str:
    host = environ.get("HOST") or "127.0.0.1"
    if not re.fullmatch(r"[\w.:-]+", host, re.ASCII):
        raise ConfigError(f"HOST is {host!r}: give a name or an address, such as 127.0.0.1.")
    return host


def _port(environ: Mapping[str, str]) -> int:
    text = environ.get("PORT") or "8000"
    if not re.fullmatch(r"\d{1,5}", text, re.ASCII) or not 1 <= int(text) <= 65535:
        raise ConfigError(f"PORT is {text!r}: give a number from 1 to 65535.")
    return int(text)


def _base_url(environ: Mapping[str, str], host: str, port: int) -> str:
    shown = f"[{host}]" if ":" in host else host
    url = environ.get("COMPANION_BASE_URL", "").strip().rstrip("/")
    if not url:
        if not is_loopback(host):
            raise ConfigError(
                f"COMPANION_BASE_URL is not set, and HOST is {host!r}: "
                "give the address that people type, such as https://companion.example.org."
            )
        return f"http://{shown}:{port}"
    if not ORIGIN.fullmatch(url) or _split(url) is None:
        raise ConfigError("COMPANION_BASE_URL must be scheme and host only, such as https://companion.example.org.")
    return url.lower()


def _split(url: str) -> SplitResult | None:
    """The parts of an address, None where it is none."""
    try:
        parts = urlsplit(url)
        return parts if parts.hostname and parts.port != 0 else None
    except ValueError:
        return None


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
            f"(it begins with {url.split(':', 1)[0][:30]!r})."
        )
    try:
        database = sa.make_url(url).database
    except (sa.exc.ArgumentError, ValueError):
        database = None
    if not database or database == ":memory:":
        raise ConfigError("COMPANION_DATABASE_URL names no database: see docs/operating.md for examples.")
    return url


def _secret_key(environ: Mapping[str, str], data: Path) -> str:
    path, key = data / "secret_key", environ.get("COMPANION_SECRET_KEY")
    where = "COMPANION_SECRET_KEY" if key else f"COMPANION_SECRET_KEY is not set, and the key in {path}"
    try:
        key = key or read_or_create_private(path, lambda: secrets.token_urlsafe(48))
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"COMPANION_SECRET_KEY is not set, and {path} cannot be used ({_why(error)}).") from error
    if len(key) < SHORTEST_SECRET:
        raise ConfigError(f"{where} is too short: give at least {SHORTEST_SECRET} characters.")
    return key


def _keyring(environ: Mapping[str, str], data: Path) -> Keyring:
    path, text = data / "data_keys", environ.get("COMPANION_DATA_KEYS")
    try:
        return load_or_create_keyring(text, path)
    except BadKey as error:
        raise ConfigError(f"COMPANION_DATA_KEYS{'' if text else f' is not set; in {path}'}: {error}.") from error
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"COMPANION_DATA_KEYS is not set, and {path} cannot be used ({_why(error)}).") from error


def _deletion_list(environ: Mapping[str, str], data: Path) -> Path:
    path = Path(environ.get("COMPANION_DELETION_LIST") or data / "deletion_list").resolve()
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise ConfigError(f"COMPANION_DELETION_LIST is {str(path)!r}: give a file in a folder that can be written.")
    if path.exists() and not (path.is_file() and os.access(path, os.R_OK | os.W_OK)):
        raise ConfigError(f"COMPANION_DELETION_LIST is {str(path)!r}: the file cannot be used.")
    return path


def _why(error: OSError | UnicodeError) -> str:
    return getattr(error, "strerror", None) or "it is not text"


def _smtp_url(environ: Mapping[str, str]) -> str | None:
    url = environ.get("COMPANION_SMTP_URL") or None
    if url is None:
        return None
    parts = _split(url)
    if parts is None or parts.scheme not in ("smtp", "smtps"):
        raise ConfigError("COMPANION_SMTP_URL must look like smtp://user:pass@host:port or smtps://host.")
    return url


def _mail_from(environ: Mapping[str, str]) -> str:
    sender = environ.get("COMPANION_MAIL_FROM") or MAIL_FROM
    name, at, host = parseaddr(sender)[1].rpartition("@")
    if not (name and at and host and sender.isprintable()):
        raise ConfigError(f"COMPANION_MAIL_FROM is {sender!r}: give an address such as Companion <mail@example.org>.")
    return sender


def _push_hosts(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The operator's additions to the push services that are allowed: hosts, a leading dot for all below one."""
    hosts = tuple(part.strip().lower() for part in environ.get("COMPANION_PUSH_HOSTS", "").split(",") if part.strip())
    for host in hosts:
        if not PUSH_HOST.fullmatch(host):
            raise ConfigError(
                f"COMPANION_PUSH_HOSTS has {host!r}: give host names with commas, such as push.example.org."
            )
    return hosts


def _outside_url(environ: Mapping[str, str], name: str) -> str | None:
    """An address of the operator's own: https, or http on loopback."""
    url = environ.get(name) or None
    if url is None:
        return None
    parts = _split(url)
    if parts is None or parts.scheme not in ("http", "https"):
        raise ConfigError(f"{name} must be an address such as https://example.org/hook.")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ConfigError(f"{name} must begin with https://; http:// is for this machine only.")
    return url


def _webhook_secret(environ: Mapping[str, str]) -> str:
    secret = environ.get("COMPANION_WEBHOOK_SECRET", "")
    if environ.get("COMPANION_WEBHOOK_URL") and len(secret) < SHORTEST_SECRET:
        raise ConfigError(
            f"COMPANION_WEBHOOK_URL needs COMPANION_WEBHOOK_SECRET of at least {SHORTEST_SECRET} characters."
        )
    return secret


def _retry_seconds(environ: Mapping[str, str], testing: bool) -> tuple[float, ...]:
    text = _test_only(environ, "COMPANION_RETRY_SECONDS", testing)
    try:
        return tuple(float(part) for part in text.split(",")) if text else RETRY_SECONDS
    except ValueError:
        raise ConfigError(f"COMPANION_RETRY_SECONDS is {text!r}: give seconds with commas, such as 30,120.") from None


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


def _failpoints(environ: Mapping[str, str], testing: bool) -> str:
    names = _test_only(environ, "COMPANION_TEST_FAILPOINTS", testing)
    if names and not FAILPOINTS.fullmatch(names):
        raise ConfigError(f"COMPANION_TEST_FAILPOINTS is {names!r}: give names such as sent or sent:2, with commas.")
    return names


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
