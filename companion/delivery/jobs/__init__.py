"""What the worker does about deliveries: send what is due, and watch that nothing gets lost."""

from companion.delivery.jobs.ahead import write_ahead
from companion.delivery.jobs.sending import StillInTransaction, dispatch_due, send_now
from companion.delivery.jobs.watching import audit_deliveries, tell_outside

__all__ = ["StillInTransaction", "audit_deliveries", "dispatch_due", "send_now", "tell_outside", "write_ahead"]
