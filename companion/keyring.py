"""Keys for data at rest: AES-256-GCM for text and pictures, a hash to look up, and the private files they live in."""

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES, NONCE_BYTES, KEY_ID_LETTERS = 32, 12, 8


class BadKey(Exception):
    """A data key is malformed, or does not open what was locked with it."""


def read_or_create_private(path: Path, make: Callable[[], str]) -> str:
    """The text of a private file (0600), made once, by whichever process comes first."""
    if not path.exists():
        fresh = _private_beside(path, make())
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
        _make_lasting(path.parent)
    return path.read_text().strip()


def add_key(path: Path) -> None:
    """Put a new key in front of those of a private file; a crash leaves the old file or the new one."""
    _private_beside(path, f"{_new_key()}\n{path.read_text().strip()}\n").replace(path)
    _make_lasting(path.parent)


def _private_beside(path: Path, text: str) -> Path:
    """A new private file beside another, on the disk before it takes its place."""
    fresh = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return fresh


def _new_key() -> str:
    return base64.urlsafe_b64encode(os.urandom(KEY_BYTES)).decode()


def _make_lasting(folder: Path) -> None:
    """After a power cut the name of a new file must still be there, not only its content."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys by their id, newest first. The id of a key is the start of its own hash."""

    keys: tuple[tuple[str, bytes], ...] = field(repr=False)

    def lock(self, text: str, context: str) -> str:
        """Encrypt text for one place (`table.column`); the place is bound to it as associated data."""
        key_id, sealed = self._seal(text.encode(), context)
        return f"{key_id}.{base64.urlsafe_b64encode(sealed).decode()}"

    def unlock(self, value: str, context: str) -> str:
        """The text again. Raises BadKey when no key fits or the value was moved or changed."""
        key_id, _, body = value.partition(".")
        try:
            sealed = base64.urlsafe_b64decode(body)
        except ValueError as error:
            raise BadKey(f"a value of {context} is not sealed text") from error
        return self._open(key_id, sealed, context).decode()

    def lock_bytes(self, data: bytes, context: str) -> bytes:
        """As `lock`, for a picture: nothing is written as text, so it stays a quarter smaller."""
        key_id, sealed = self._seal(data, context)
        return key_id.encode() + sealed

    def unlock_bytes(self, value: bytes, context: str) -> bytes:
        """The picture again. Raises BadKey as `unlock`."""
        key_id = value[:KEY_ID_LETTERS].decode(errors="replace")
        return self._open(key_id, value[KEY_ID_LETTERS:], context)

    def _seal(self, data: bytes, context: str) -> tuple[str, bytes]:
        key_id, key = self.keys[0]
        nonce = secrets.token_bytes(NONCE_BYTES)
        return key_id, nonce + AESGCM(key).encrypt(nonce, data, context.encode())

    def _open(self, key_id: str, sealed: bytes, context: str) -> bytes:
        key = dict(self.keys).get(key_id)
        if key is None:
            raise BadKey(f"no key {key_id[:KEY_ID_LETTERS]!r} for {context}; add the old key to COMPANION_DATA_KEYS")
        try:
            return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context.encode())
        except (InvalidTag, ValueError) as error:
            raise BadKey(f"a value of {context} does not open with key {key_id!r}") from error

    def fingerprint(self, text: str) -> str:
        """A keyed hash for unique look-ups. It stays the same when newer keys are put in front."""
        oldest = self.keys[-1][1]
        return hmac.new(oldest, b"look-up:" + text.encode(), hashlib.sha256).hexdigest()


def parse_keys(text: str) -> Keyring:
    """Keys from `base64,base64,…` in either alphabet of base64, newest first. Raises BadKey."""
    keys = []
    for part in filter(None, (part.strip() for part in text.replace("\n", ",").split(","))):
        try:
            key = base64.b64decode(part.replace("+", "-").replace("/", "_"), altchars="-_", validate=True)
        except ValueError as error:
            raise BadKey("a key is not base64") from error
        if len(key) != KEY_BYTES:
            raise BadKey(f"a key has {len(key)} bytes instead of {KEY_BYTES}")
        keys.append((hashlib.sha256(b"id:" + key).hexdigest()[:KEY_ID_LETTERS], key))
    if not keys:
        raise BadKey("no key given")
    return Keyring(tuple(keys))


def load_or_create_keyring(text: str | None, path: Path) -> Keyring:
    """Keys from the setting, else from the private file, which is made when missing."""
    if text:
        return parse_keys(text)
    return parse_keys(read_or_create_private(path, _new_key))
