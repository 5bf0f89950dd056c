"""A software authenticator: what a phone's passkey signs, right and wrong, byte by byte."""

import hashlib
import json
import os
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

PRESENT, VERIFIED, HAS_KEY = 1, 4, 64
ORIGIN = "http://localhost"


class Authenticator:
    """One passkey of one person on one device. `origin`, `domain` and `flags` are what it would say."""

    def __init__(self, origin: str = ORIGIN, domain: str = "localhost") -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(32)
        self.origin, self.domain, self.count, self.handle = origin, domain, 0, b""
        self.flags = PRESENT | VERIFIED

    def make(self, options: dict[str, Any], **said: Any) -> dict[str, Any]:
        """The answer to `navigator.credentials.create`."""
        self.handle = base64url_to_bytes(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = b"\0" * 16 + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(public)
        data = self._data(self.flags | HAS_KEY) + attested
        response = {
            "clientDataJSON": self._client("webauthn.create", options, **said),
            "attestationObject": cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data}),
        }
        return self._answer(response) | {"transports": ["internal"]}

    def touch(self, options: dict[str, Any], **said: Any) -> dict[str, Any]:
        """The answer to `navigator.credentials.get`; the count goes up by one."""
        self.count += 1
        data, client = self._data(self.flags), self._client("webauthn.get", options, **said)
        signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        response = {"clientDataJSON": client, "authenticatorData": data, "signature": signed}
        return self._answer(response | {"userHandle": self.handle})

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.domain.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, options: dict[str, Any], **said: Any) -> bytes:
        return json.dumps({"type": kind, "challenge": options["challenge"], "origin": self.origin} | said).encode()

    def _answer(self, response: dict[str, bytes]) -> dict[str, Any]:
        ident = bytes_to_base64url(self.id)
        letters = {name: bytes_to_base64url(value) for name, value in response.items()}
        return {"id": ident, "rawId": ident, "type": "public-key", "response": letters}


def add_passkey(client: Any, made: Authenticator | None = None) -> Authenticator:
    """A passkey of whoever a test client is signed in as."""
    made = made or Authenticator()
    options = client.post("/settings/passkeys/options").get_json()
    answer = client.post("/settings/passkeys", json={"credential": made.make(options)})
    assert answer.status_code == 201, answer.text
    return made


def sign_in(client: Any, passkey: Authenticator, **said: Any) -> Any:
    """One touch on the sign-in page."""
    options = client.post("/sign-in/passkey/options").get_json()
    return client.post("/sign-in/passkey", json={"credential": passkey.touch(options), **said})


def confirm(client: Any, passkey: Authenticator) -> Any:
    """One touch on a page that asks whether it is you."""
    options = client.post("/confirm/passkey/options").get_json()
    return client.post("/confirm/passkey", json={"credential": passkey.touch(options)})


__all__ = ["Authenticator", "add_passkey", "confirm", "sign_in"]
