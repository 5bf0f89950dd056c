"""Mail for a machine without a mail server: shown on the console and kept as files."""

import os
from contextlib import suppress
from datetime import UTC, datetime

from companion.config import Config
from companion.delivery.channels.base import AnyMessage, Message, Outcome
from companion.delivery.channels.email import mime
from companion.domain.retry import ACCEPTED, OUR_FAULT


class ConsoleChannel:
    """Prints each mail readably and writes it to `DATA/outbox/<time>-<id>.eml` (0600)."""

    parallel = 1

    def __init__(self, config: Config) -> None:
        self._outbox, self._from = config.outbox, config.mail_from

    async def send(self, message: AnyMessage, now: datetime) -> Outcome:
        """Write the file first: words on a console may scroll away."""
        if not isinstance(message, Message):
            raise TypeError("the console takes mails")
        mail = mime(message, self._from, now)
        name = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{message.message_id.strip('<>').split('@')[0]}.eml"
        try:
            self._outbox.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._outbox / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(mail.as_bytes())
        except OSError as error:
            return Outcome(OUR_FAULT, f"outbox:{error.strerror}")
        with suppress(OSError):
            print(_shown(message, name), flush=True)
        return Outcome(ACCEPTED, "outbox")

    async def close(self) -> None:
        """Nothing is kept open."""


def _shown(message: Message, name: str) -> str:
    line = "-" * 72
    head = f"To: {message.to}\nSubject: {message.subject}\nFile: outbox/{name}"
    return f"{line}\n{head}\n\n{message.text.strip()}\n{line}"
