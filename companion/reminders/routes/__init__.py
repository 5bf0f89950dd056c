"""Pages of reminders: answer links without sign-in, and the rules of who is reminded of what."""

from companion.reminders.routes.answers import blueprint
from companion.reminders.routes.rules import blueprint as rules

__all__ = ["blueprint", "rules"]
