"""A plan of Ana's and its reminders, as the tests of reminders have them."""

from tests.reminders.conftest import at, plan, planned

__all__ = ["at", "plan", "planned"]
