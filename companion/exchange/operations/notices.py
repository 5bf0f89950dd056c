"""Mails that say what will be deleted, and when: to whoever asked, and to everybody in the circle."""

from datetime import datetime

from companion.accounts.models import Account
from companion.delivery.channels.base import Message
from companion.delivery.models import Delivery
from companion.delivery.operations import mail, page_url, plan_delivery, register_subject
from companion.exchange.models import Deletion
from companion.exchange.queries.deletions import is_meant
from companion.extensions import db
from companion.formatting import local_date

DELETION = "deletion"


def plan_notices(deletion: Deletion, now: datetime) -> None:
    """One mail each. What was taken back meanwhile is not sent."""
    circle = deletion.circle
    told = [one.account for one in circle.memberships] if circle is not None else [deletion.account]
    for account in told:
        if account.address is None:
            continue
        plan_delivery(
            subject_kind=DELETION,
            subject_id=deletion.id,
            stage=DELETION,
            due_slot=deletion.public_id,
            recipient_id=account.id,
            channel="email",
            address_id=account.address.id,
            due_at=now,
            useful_until=deletion.due_at,
            circle_id=deletion.circle_id,
            now=now,
        )


def compose_notice(delivery: Delivery, now: datetime) -> Message | None:
    """What and when, without a name; None where it was taken back or concerns the reader no more."""
    deletion = db.session.get(Deletion, delivery.subject_id)
    reader = db.session.get(Account, delivery.recipient_id)
    if deletion is None or reader is None or deletion.public_id != delivery.due_slot or not is_meant(deletion):
        return None
    circle = deletion.circle
    if circle is not None and not any(one.account_id == reader.id for one in circle.memberships):
        return None
    return mail(
        delivery,
        "emails/deletion",
        language=reader.language or "en",
        of_circle=circle is not None,
        is_own=deletion.account_id == reader.id,
        on=local_date(deletion.due_at, reader.tz),
        link=page_url("exchange.deletions"),
    )


register_subject(DELETION, compose_notice)
