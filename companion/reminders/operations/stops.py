"""A reader stops the mails of a circle by a link in one of them. The token is the proof; nobody signs in."""

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from flask import current_app
from itsdangerous import BadSignature, Signer

from companion.accounts.models import Account
from companion.circle_guard import across_circles
from companion.circles.models import Circle
from companion.delivery.models import Delivery
from companion.extensions import db
from companion.reminders import queries
from companion.reminders.models import MAIL_BACKUP, MAIL_NEVER
from companion.reminders.operations.rules import change_rule, may_switch_on
from companion.reminders.operations.ways import Reader, has_a_way, reader_of


class StopLink(NamedTuple):
    """Whose mails about which circle a link stops."""

    circle: Circle
    reader: Account


def stop_token(link: StopLink) -> str:
    """The signed end of the link; it does not grow old, as a mail may be kept for years."""
    return _signer("stop").sign(f"{link.circle.public_id}.{link.reader.public_id}").decode()


def stop_link(token: str) -> StopLink | None:
    """What a token means; None when it is forged, or either does not exist any more."""
    try:
        circle_id, reader_id = _signer("stop").unsign(token).decode().split(".")
    except (BadSignature, ValueError):
        return None
    with across_circles("the signature says that this reader was written to about this circle"):
        circle = db.session.scalars(sa.select(Circle).where(Circle.public_id == circle_id)).first()
    reader = db.session.scalars(sa.select(Account).where(Account.public_id == reader_id)).first()
    return StopLink(circle, reader) if circle is not None and reader is not None else None


def is_stopped(link: StopLink) -> bool:
    """Whether this reader gets no mails about the circle."""
    return _has_stopped(link.circle.id, link.reader.id)


def mail_is_stopped(row: Delivery) -> bool:
    """Whether its reader gets no mails about the circle of a message; what has no circle cannot be stopped."""
    return row.circle_id is not None and _has_stopped(row.circle_id, row.recipient_id)


def has_another_way(link: StopLink) -> bool:
    """Whether reminders still reach this reader by a device or the operator's service."""
    rule = queries.rule_of(link.circle.id, link.reader.id)
    reader = reader_of(rule, link.reader) if rule is not None else Reader(link.reader)
    return has_a_way(replace(reader, mail=MAIL_NEVER))


def stop_mails(link: StopLink, now: datetime) -> str:
    """Send no more mails. Devices go on; where there is none, the rule is off, so that the circle sees it.

    Gives the key that `resume_mails` takes the stop back with. Stopped twice, it is as stopped once.
    """
    rule = queries.rule_of(link.circle.id, link.reader.id)
    before = (rule.is_on, rule.mail) if rule is not None else (False, MAIL_BACKUP)
    is_on = before[0] and has_another_way(link)
    change_rule(link.circle, link.reader, {"is_on": is_on, "mail": MAIL_NEVER}, now=now)
    words = (link.circle.public_id, link.reader.public_id, str(int(before[0])), before[1])
    return _signer("stop-undo").sign(".".join(words)).decode()


def resume_mails(link: StopLink, key: str, now: datetime) -> bool:
    """Put back what `stop_mails` changed; False when the key is not of this reader, or mails are on.

    A rule that patient or keeper switched off meanwhile stays off.
    """
    rule = queries.rule_of(link.circle.id, link.reader.id)
    try:
        circle_id, reader_id, was_on, mail = _signer("stop-undo").unsign(key).decode().split(".")
    except (BadSignature, ValueError):
        return False
    if rule is None or (circle_id, reader_id) != (link.circle.public_id, link.reader.public_id):
        return False
    if rule.mail != MAIL_NEVER or mail == MAIL_NEVER:
        return False
    is_on = rule.is_on or (was_on == "1" and may_switch_on(link.circle, rule))
    change_rule(link.circle, link.reader, {"is_on": is_on, "mail": mail}, now=now)
    return True


def _has_stopped(circle_id: int, reader_id: int) -> bool:
    rule = queries.rule_of(circle_id, reader_id)
    return rule is not None and rule.mail == MAIL_NEVER


def _signer(salt: str) -> Signer:
    return Signer(current_app.config["SECRET_KEY"], salt=salt, digest_method=hashlib.sha256)
