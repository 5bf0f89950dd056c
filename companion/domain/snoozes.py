""" "Later": when a reader who is busy now is asked again. It is no answer."""

from datetime import datetime, time, timedelta

from companion.domain.recurrence import local_instant
from companion.domain.reminder_plan import Recipient, out_of_quiet

LATER = "later"
HOUR, EVENING, TOMORROW = "hour", "evening", "tomorrow"
CHOICES: tuple[str, ...] = (HOUR, EVENING, TOMORROW)
_EVENING = time(19)


def times_to_choose(now: datetime, useful_until: datetime, person: Recipient) -> dict[str, datetime]:
    """When each choice would come: in an hour, this evening at 19:00, tomorrow at the same local time.

    Out of quiet hours, and only what is ahead and before the question has lost its use.
    """
    local = now.astimezone(person.tz)
    wished = {
        HOUR: now + timedelta(hours=1),
        EVENING: local_instant(local.date(), _EVENING, person.tz),
        TOMORROW: local_instant(local.date() + timedelta(days=1), local.time().replace(tzinfo=None), person.tz),
    }
    moved = {name: out_of_quiet(at, useful_until, person) for name, at in wished.items() if at > now}
    return {name: at for name, at in moved.items() if now < at < useful_until}
