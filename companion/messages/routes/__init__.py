"""Pages of messages: what was told about an infusion, words to copy, and the link that stops mails."""

from companion.messages.routes.pages import blueprint
from companion.messages.routes.stops import blueprint as stops

__all__ = ["blueprint", "stops"]
