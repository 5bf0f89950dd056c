"""What a device is said to be doing: does it show its messages, and did the test arrive?"""

from datetime import datetime

from flask_babel import gettext as _

from companion.delivery.models import ACCEPTED, OPEN_STATES, Delivery, PushSubscription
from companion.delivery.operations import GONE
from companion.delivery.queries import is_confirmed
from companion.devices.operations import TEST_USEFUL
from companion.formatting import clock_time, when


def state_words(device: PushSubscription, now: datetime) -> str:
    """Whether messages reach a device, said honestly: what a service took over is not yet shown."""
    if device.closed_at is not None:
        return _closed_words(device)
    if device.confirmed_at is None:
        return str(_("Not confirmed yet: no message was shown here so far."))
    confirmed = _("Last confirmed on %(when)s.", when=when(device.confirmed_at))
    return str(confirmed if is_confirmed(device, now) else f"{confirmed} {_('Since then it showed nothing.')}")


def _closed_words(device: PushSubscription) -> str:
    if device.closed_reason == GONE:
        return str(_("Closed: this device no longer takes messages."))
    return str(_("Closed: somebody else signed in on this device."))


def test_words(row: Delivery) -> str:
    """What became of a test message."""
    if row.confirmed_at is not None:
        return str(_("It arrived, %(time)s.", time=clock_time(row.confirmed_at)))
    if row.state == ACCEPTED:
        sent_at = clock_time(row.settled_at or row.created_at)
        return str(_("Test sent, %(time)s. The device has not shown it yet.", time=sent_at))
    if row.state in OPEN_STATES:
        return str(_("The test is on its way."))
    return str(_("The test of %(when)s did not get through.", when=when(row.created_at)))


def may_still_arrive(row: Delivery, now: datetime) -> bool:
    """Whether waiting for a test makes sense."""
    waits = row.state == ACCEPTED or row.state in OPEN_STATES
    return waits and row.confirmed_at is None and now - row.created_at < TEST_USEFUL
