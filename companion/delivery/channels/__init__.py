"""Ways to reach a person, one file each."""

from companion.config import Config
from companion.delivery.channels.base import Channel
from companion.delivery.channels.console import ConsoleChannel
from companion.delivery.channels.email import EmailChannel

EMAIL = "email"


class UnknownChannel(ValueError):
    """No channel has this name."""


def open_channel(name: str, config: Config) -> Channel:
    """The channel of a name. Raises UnknownChannel."""
    if name != EMAIL:
        raise UnknownChannel(name)
    return EmailChannel(config.smtp_url, config.mail_from) if config.smtp_url else ConsoleChannel(config)
