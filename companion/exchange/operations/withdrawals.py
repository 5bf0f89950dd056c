"""What follows from a consent that is taken back: whatever it allowed ends at once."""

from datetime import datetime

import sqlalchemy as sa

from companion.accounts.models import Account
from companion.circles.models import OPEN, Circle, Invitation
from companion.circles.operations import remove_member, take_back_invitation
from companion.circles.operations.members import hold
from companion.circles.queries import memberships_of
from companion.clinician_links.models import ClinicianLink
from companion.clinician_links.operations import revoke_link
from companion.consents import operations as consents
from companion.consents.models import CLINICIAN, HEALTH_DATA, MAIL, PUSH, SHARING, Consent
from companion.delivery.queries import open_subscriptions
from companion.devices.operations import take_off
from companion.exchange.operations.deletions import ask_to_delete_circle
from companion.extensions import db
from companion.reminders.models import MAIL_NEVER
from companion.reminders.operations import change_rule


def take_back(consent: Consent, now: datetime) -> None:
    """End what a consent allowed, and note it. Raises NotKeeper where the circle is somebody else's by now."""
    account = consent.account
    circle = db.session.get_one(Circle, consent.circle_id) if consent.circle_id is not None else None
    if consent.purpose == HEALTH_DATA and circle is not None:
        ask_to_delete_circle(circle, account, now)
        return  # it is taken back with the circle: until then the week counts
    if consent.purpose == SHARING and circle is not None:
        _share_no_more(circle, account, now)
    if consent.purpose == CLINICIAN and circle is not None:
        _end_links(circle, account, now)
    if consent.purpose == MAIL:
        for member in memberships_of(account):
            change_rule(member.circle, account, {"mail": MAIL_NEVER}, now=now)
    if consent.purpose == PUSH:
        for device in open_subscriptions(account.id):
            take_off(device, now)
    consents.withdraw(consent, now)


def _share_no_more(circle: Circle, account: Account, now: datetime) -> None:
    hold(circle, account)
    for ident in [one.public_id for one in circle.memberships if not one.holds_circle]:
        remove_member(circle, ident, by=account, now=now)
    for offer in db.session.scalars(sa.select(Invitation).where(Invitation.circle_id == circle.id)).all():
        if offer.state_at(now) == OPEN:
            take_back_invitation(offer, account, now)


def _end_links(circle: Circle, account: Account, now: datetime) -> None:
    hold(circle, account)
    for link in db.session.scalars(sa.select(ClinicianLink).where(ClinicianLink.circle_id == circle.id)).all():
        if link.is_open(now):
            revoke_link(link, now)
