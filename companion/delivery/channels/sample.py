"""Push messages of the demonstration: its sample devices are nowhere, so what they would show goes to the console."""

import json
from contextlib import suppress
from datetime import datetime

from companion.delivery.channels.base import WRITE_AFRESH, AnyMessage, Outcome, PushMessage, SealedPush
from companion.delivery.channels.web_push import WebPushChannel
from companion.domain.retry import ACCEPTED

SAMPLE_HOST = "push.invalid"
"""No push service has this name (RFC 6761); nowhere else is it on the list of those that are written to."""


class SamplePushChannel(WebPushChannel):
    """As the push channel, but what is for a sample device never leaves this machine."""

    async def send(self, message: AnyMessage, now: datetime) -> Outcome:
        """Print a message for a sample device; send every other one."""
        if not isinstance(message, PushMessage | SealedPush) or not _is_sample(message.endpoint):
            return await super().send(message, now)
        if isinstance(message, SealedPush):
            return Outcome(WRITE_AFRESH)
        shown = json.loads(message.payload)["notification"]
        with suppress(OSError):
            print(f"On a sample device: {shown['title']}", flush=True)
        return Outcome(ACCEPTED, "console")


def _is_sample(endpoint: str) -> bool:
    return endpoint.startswith(f"https://{SAMPLE_HOST}/")
