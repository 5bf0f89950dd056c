"""Push messages of the demonstration: its sample devices are nowhere, so what they would show goes to the console."""

import json
from contextlib import suppress
from datetime import datetime

from companion.delivery.channels.base import AnyMessage, Outcome, PushMessage
from companion.delivery.channels.web_push import WebPushChannel
from companion.domain.retry import ACCEPTED

SAMPLE_HOST = "push.invalid"
"""No push service has this name (RFC 6761); nowhere else is it on the list of those that are written to."""


class SamplePushChannel(WebPushChannel):
    """As the push channel, but what is for a sample device never leaves this machine."""

    async def send(self, message: AnyMessage, now: datetime) -> Outcome:
        """Print a message for a sample device; send every other one."""
        if not isinstance(message, PushMessage) or not message.endpoint.startswith(f"https://{SAMPLE_HOST}/"):
            return await super().send(message, now)
        shown = json.loads(message.payload)["notification"]
        with suppress(OSError):
            print(f"On a sample device: {shown['title']}", flush=True)
        return Outcome(ACCEPTED, "console")
