"""What the sample people looked at, as the trail of Ana's circle tells it."""

from datetime import datetime

from companion.circles.queries import memberships_of
from companion.demo import queries
from companion.trail.operations import Look, tell_look

LOOKS = (("vera", "calendar"), ("ben", "infusions"), ("ben", "preparations"), ("ben", "calendar"))


def leave_traces(now: datetime) -> None:
    """Ben and Vera have looked today. After the sample was kept: a trail begins with its circle."""
    for person, kind in LOOKS:
        account = queries.account_of(person)
        assert account is not None, "the sample was loaded"
        circle = memberships_of(account)[0].circle
        about = circle.id, circle.public_id, circle.tz, account.public_id
        tell_look(Look(*about, "read", kind), now)
