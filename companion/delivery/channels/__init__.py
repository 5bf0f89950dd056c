"""Ways to reach a person, one file each."""

from companion.config import Config
from companion.delivery.channels.base import Channel
from companion.delivery.channels.console import ConsoleChannel
from companion.delivery.channels.email import EmailChannel
from companion.delivery.channels.sample import SamplePushChannel
from companion.delivery.channels.web_push import WebPushChannel, subject_of
from companion.delivery.channels.webhook import WebhookChannel

EMAIL, PUSH, HOOK = "email", "push", "webhook"


class UnknownChannel(ValueError):
    """No channel has this name."""


def open_channel(name: str, config: Config) -> Channel:
    """The channel of a name. Raises UnknownChannel."""
    if name == EMAIL:
        return EmailChannel(config.smtp_url, config.mail_from) if config.smtp_url else ConsoleChannel(config)
    if name == PUSH:
        push = SamplePushChannel if config.demo else WebPushChannel
        return push(subject_of(config), config.push_hosts)
    if name == HOOK and config.webhook_url:
        return WebhookChannel(config.webhook_url, config.webhook_secret)
    raise UnknownChannel(name)


def channel_of(provider: str) -> str:
    """The channel that leads to a provider: mail and webhook have one, every other is a push service."""
    return provider if provider in (EMAIL, HOOK) else PUSH
