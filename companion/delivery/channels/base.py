"""What every channel is: a message goes in, an outcome comes out, and no exception."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

BROKEN = "broken"
"""The message could not be written; the other results are those of `companion.domain.retry`."""
WRITE_AFRESH = "write afresh"
"""Nothing was taken, and the channel needs the words: no result of an attempt, but a wish before it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one hand-over came to; `detail` is a code for the log and never words of a message.

    `wait` is how long the provider asked us to leave it alone, as it said it and not yet bounded.
    """

    result: str
    detail: str = ""
    wait: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One mail, ready to send. `message_id` is the same at every attempt."""

    to: str
    subject: str
    text: str
    html: str | None
    message_id: str
    headers: Mapping[str, str] = field(default_factory=dict)
    language: str = "en"


@dataclass(frozen=True, slots=True)
class PushMessage:
    """One push message, not yet encrypted. `payload` is JSON; `topic` (up to 32 URL-safe letters) is the same at
    every attempt, so a device shows it once. The push service keeps it until `useful_until`. `vapid_private` is the
    key that signs it, the one that its device subscribed with."""

    endpoint: str
    p256dh: str
    auth: str = field(repr=False)
    payload: bytes = field(repr=False)
    topic: str
    useful_until: datetime
    vapid_private: str = field(repr=False)
    urgency: str = "high"


@dataclass(frozen=True, slots=True)
class SealedPush:
    """One push message that was encrypted before. Its channel may answer WRITE_AFRESH."""

    endpoint: str
    body: bytes = field(repr=False)
    topic: str
    useful_until: datetime
    vapid_private: str = field(repr=False)
    urgency: str


@dataclass(frozen=True, slots=True)
class HookMessage:
    """One message for the operator's webhook. `body` is JSON; `delivery_id` is the same at every attempt."""

    body: bytes
    delivery_id: str


AnyMessage = Message | PushMessage | SealedPush | HookMessage


class Channel(Protocol):
    """A way to reach a person. It may keep connections between messages until it is closed.

    `parallel` is how many messages one provider may have under way at a time.
    """

    parallel: int

    async def send(self, message: AnyMessage, now: datetime) -> Outcome:
        """Hand one message over, within bounded time."""

    async def close(self) -> None:
        """Let go of connections."""
