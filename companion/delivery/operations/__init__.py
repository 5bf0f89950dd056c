"""Deliveries change state: planned, leased, sent, settled. The worker and the web process use the same steps."""

from companion.delivery.operations.addresses import BAD_ADDRESS, GONE, close_subscription, confirm_delivery
from companion.delivery.operations.ahead import (
    Made,
    forget_ahead,
    has_old_ahead,
    keep_ahead,
    marks_of,
    not_begun,
    ready,
    to_write_ahead,
)
from companion.delivery.operations.auditing import audit, forget_deliveries, note_outage
from companion.delivery.operations.digests import DIGEST, gather_digests
from companion.delivery.operations.leasing import (
    Lease,
    give_back,
    held,
    lease_due,
    return_expired_leases,
)
from companion.delivery.operations.marks import touches, write_marks
from companion.delivery.operations.planning import (
    Wanted,
    cancel_deliveries,
    key_of,
    needs_reconciling,
    plan_all,
    plan_delivery,
    plan_wanted,
    reconcile_deliveries,
    supersede_deliveries,
)
from companion.delivery.operations.registry import (
    Compose,
    UnknownSubject,
    composer_of,
    hear_what_is_taken,
    prepare,
    register_subject,
)
from companion.delivery.operations.rows import (
    beat,
    config,
    message_id_of,
)
from companion.delivery.operations.settling import (
    BROKEN_TRIES,
    TOO_LATE_SECONDS,
    expire_deliveries,
    settle,
    settle_all,
    suppress_all,
)
from companion.delivery.operations.vapid import ensure_vapid_key
from companion.delivery.operations.writing import (
    Action,
    ack_token,
    acked_delivery_id,
    mail,
    page_url,
    topic_of,
    write,
)

__all__ = [
    "BAD_ADDRESS",
    "BROKEN_TRIES",
    "DIGEST",
    "GONE",
    "TOO_LATE_SECONDS",
    "Action",
    "Compose",
    "Lease",
    "Made",
    "UnknownSubject",
    "Wanted",
    "ack_token",
    "acked_delivery_id",
    "audit",
    "beat",
    "cancel_deliveries",
    "close_subscription",
    "composer_of",
    "config",
    "confirm_delivery",
    "ensure_vapid_key",
    "expire_deliveries",
    "forget_ahead",
    "forget_deliveries",
    "gather_digests",
    "give_back",
    "has_old_ahead",
    "hear_what_is_taken",
    "held",
    "keep_ahead",
    "key_of",
    "lease_due",
    "mail",
    "marks_of",
    "message_id_of",
    "needs_reconciling",
    "not_begun",
    "note_outage",
    "page_url",
    "plan_all",
    "plan_delivery",
    "plan_wanted",
    "prepare",
    "ready",
    "reconcile_deliveries",
    "register_subject",
    "return_expired_leases",
    "settle",
    "settle_all",
    "supersede_deliveries",
    "suppress_all",
    "to_write_ahead",
    "topic_of",
    "touches",
    "write",
    "write_marks",
]
