"""The operator's own service, such as an SMS gateway: gets messages as signed JSON, one request each."""

import hashlib
import hmac
from datetime import datetime

from companion.delivery.channels.base import AnyMessage, HookMessage, Outcome
from companion.delivery.channels.http import Poster
from companion.domain.retry import ACCEPTED, asked_wait, outcome_of_hook


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """`sha256=…`: the HMAC-SHA256 of timestamp, a dot and the body, in hexadecimal."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"sha256={digest}"


class WebhookChannel:
    """Posts each message to the operator's address, which must know a repeated one by its id."""

    parallel = 20

    def __init__(self, url: str, secret: str) -> None:
        self._url, self._secret = url, secret
        self._poster = Poster(parallel=self.parallel)

    async def send(self, message: AnyMessage, now: datetime) -> Outcome:
        """Hand one message over."""
        if not isinstance(message, HookMessage):
            raise TypeError("the webhook takes its own messages")
        timestamp = str(int(now.timestamp()))
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": message.delivery_id,
            "Companion-Timestamp": timestamp,
            "Companion-Signature": signature(self._secret, timestamp, message.body),
        }
        answer = await self._poster.post(self._url, message.body, headers)
        result = outcome_of_hook(answer.status, body_left=answer.body_left)
        wait = None if result == ACCEPTED else asked_wait(answer.retry_after, now)
        return Outcome(result, str(answer.status or answer.problem), wait)

    async def close(self) -> None:
        """Let go of connections."""
        await self._poster.close()
