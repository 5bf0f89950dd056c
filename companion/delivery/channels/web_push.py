"""Push messages to browsers: encrypted for one device (RFC 8291), signed (RFC 8292), given to its push service."""

import base64
import binascii
import functools
import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import parseaddr
from urllib.parse import urlsplit

import http_ece
from aiohttp.abc import AbstractResolver
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

from companion.config import Config, is_loopback
from companion.delivery.channels.base import WRITE_AFRESH, AnyMessage, Outcome, PushMessage, SealedPush
from companion.delivery.channels.http import Answer, GuardedResolver, Poster
from companion.domain import push_hosts
from companion.domain.push_hosts import EndpointRefused, origin_of, provider_of
from companion.domain.retry import ACCEPTED, OUR_FAULT, PERMANENT_ADDRESS, TOO_LARGE, asked_wait, outcome_of_push

LONGEST_TTL = timedelta(weeks=4)
SIGNED_FOR = timedelta(hours=12)
SIGN_AGAIN_BEFORE = timedelta(hours=1)
AUTH_BYTES, POINT_BYTES = 16, 65
REASON = re.compile(rb'"(?:reason|error)"\s*:\s*"([A-Za-z0-9_ -]{1,40})"')
MAIL_DOMAIN = re.compile(r"[\w-]+(\.[\w-]+)+", re.ASCII)


class BadKeys(ValueError):
    """A device's keys are not what a browser makes."""


def device_keys(p256dh: str, auth: str) -> tuple[ec.EllipticCurvePublicKey, bytes]:
    """The key and the secret of a device, from base64url. Raises BadKeys."""
    try:
        point, secret = _bytes_of(p256dh), _bytes_of(auth)
        if len(point) != POINT_BYTES or len(secret) != AUTH_BYTES:
            raise BadKeys("wrong length")
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point), secret
    except (ValueError, binascii.Error) as error:
        raise BadKeys(str(error)) from error


def subject_of(config: Config) -> str:
    """Whom a push service may write to about our messages: the sender of our mail, else our own address."""
    address = parseaddr(config.mail_from)[1]
    if not is_good_subject(f"mailto:{address}") and is_good_subject(config.base_url):
        return config.base_url
    return f"mailto:{address}"


def is_good_subject(subject: str) -> bool:
    """Whether every push service takes it: Apple refuses a mail address or a site at `localhost`."""
    scheme, _, rest = subject.partition(":")
    if scheme == "mailto":
        name, _, domain = rest.rpartition("@")
        return (
            bool(name) and " " not in rest and MAIL_DOMAIN.fullmatch(domain) is not None and not is_loopback(domain)
        )
    host = urlsplit(subject).hostname or ""
    return scheme == "https" and MAIL_DOMAIN.fullmatch(host) is not None and not is_loopback(host)


class WebPushChannel:
    """Hands push messages to the services of browsers, many at a time."""

    parallel = 200

    def __init__(
        self, subject: str, extra_hosts: Sequence[str] = (), resolver: AbstractResolver | None = None
    ) -> None:
        self._subject, self._extra_hosts = subject, tuple(extra_hosts)
        self._resolver = resolver or GuardedResolver(push_hosts.may_connect)
        self._poster = Poster(resolver=self._resolver, parallel=self.parallel)
        self._signed: dict[tuple[str, str], tuple[str, datetime]] = {}

    async def send(self, message: AnyMessage, now: datetime) -> Outcome:
        """Hand one message over. Whatever the service answers becomes an outcome."""
        if not isinstance(message, PushMessage | SealedPush):
            raise TypeError("the push channel takes push messages")
        try:
            provider_of(message.endpoint, self._extra_hosts)
            if isinstance(message, SealedPush):
                answer = await self._post(message, message.body, now)
                return Outcome(WRITE_AFRESH) if answer.status == TOO_LARGE else _outcome(answer, now)
            answer = await self._post(message, _sealed(message, message.payload), now)
            if answer.status == TOO_LARGE and (shorter := without_body(message.payload)):
                answer = await self._post(message, _sealed(message, shorter), now)
        except EndpointRefused as refused:
            return Outcome(OUR_FAULT, str(refused))
        except BadKeys:
            return Outcome(PERMANENT_ADDRESS, "bad keys")
        return _outcome(answer, now)

    async def close(self) -> None:
        """Let go of connections."""
        await self._poster.close()
        await self._resolver.close()

    async def _post(self, message: PushMessage | SealedPush, body: bytes, now: datetime) -> Answer:
        ttl = min(max(message.useful_until - now, timedelta(0)), LONGEST_TTL)
        headers = {
            "Authorization": self._signature(message.vapid_private, origin_of(message.endpoint), now),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(int(ttl.total_seconds())),
            "Urgency": message.urgency,
            "Topic": message.topic,
        }
        return await self._poster.post(message.endpoint, body, headers)

    def _signature(self, private: str, origin: str, now: datetime) -> str:
        """The header that says who we are, made once for each service and kept until an hour before it ends."""
        kept = self._signed.get((private, origin))
        if kept is None or not now + SIGN_AGAIN_BEFORE < kept[1] <= now + SIGNED_FOR:
            kept = signature(private, origin, self._subject, now), now + SIGNED_FOR
            self._signed[private, origin] = kept
        return kept[0]


def signature(private: str, origin: str, subject: str, now: datetime) -> str:
    """A header `vapid t=…, k=…` that is good for twelve hours."""
    claims = {"aud": origin, "exp": int((now + SIGNED_FOR).timestamp()), "sub": subject}
    return str(_signer(private).sign(claims)["Authorization"])


def encrypted(payload: bytes, p256dh: str, auth: str) -> bytes:
    """A payload that only one device can read. Raises BadKeys."""
    theirs, secret = device_keys(p256dh, auth)
    ours = ec.generate_private_key(ec.SECP256R1())
    return bytes(http_ece.encrypt(payload, private_key=ours, dh=theirs, auth_secret=secret, version="aes128gcm"))


def _sealed(message: PushMessage, payload: bytes) -> bytes:
    return encrypted(payload, message.p256dh, message.auth)


def without_body(payload: bytes) -> bytes | None:
    """A payload with its title alone; None where there is no more to leave out."""
    message = json.loads(payload)
    if message.get("notification", {}).pop("body", None) is None:
        return None
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def _outcome(answer: Answer, now: datetime) -> Outcome:
    result = outcome_of_push(answer.status, body_left=answer.body_left)
    if result == ACCEPTED:
        return Outcome(result, str(answer.status))
    reason = REASON.search(answer.body)
    said = str(answer.status or answer.problem), reason[1].decode() if reason else ""
    return Outcome(result, " ".join(filter(None, said)), asked_wait(answer.retry_after, now))


@functools.lru_cache(maxsize=32)
def _signer(private: str) -> Vapid02:
    # Whether the subject is a good one was said at the start; a service that minds says it once more.
    return Vapid02(Vapid02.from_raw(private.encode()).private_key, conf={"no-strict": True})


def _bytes_of(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
