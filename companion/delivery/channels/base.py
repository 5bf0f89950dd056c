"""What every channel is: a message goes in, an outcome comes out, and no exception."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

BROKEN = "broken"
"""The message could not be written; the other results are those of `companion.domain.retry`."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one hand-over came to; `detail` is a code for the log and never words of a message."""

    result: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One message, ready to send. `message_id` is the same at every attempt."""

    to: str
    subject: str
    text: str
    html: str | None
    message_id: str
    headers: Mapping[str, str] = field(default_factory=dict)
    language: str = "en"


class Channel(Protocol):
    """A way to reach a person. It may keep a connection between messages until it is closed."""

    def send(self, message: Message, now: datetime) -> Outcome:
        """Hand one message over, within bounded time."""

    def close(self) -> None:
        """Let go of connections."""
