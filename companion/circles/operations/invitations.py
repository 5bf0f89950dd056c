"""Invitations: made, mailed, sent again, taken back, declined. Each is bound to one mail address."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from companion.accounts.models import Account
from companion.accounts.operations import address_for
from companion.accounts.queries import address_of, normalised_email, token_hash
from companion.circle_guard import across_circles
from companion.circles import queries
from companion.circles.models import DECLINED, EXPIRED, OPEN, UNDO_MINUTES, Circle, Invitation, MembershipEnd
from companion.circles.operations.members import CircleNeedsSomebody, caregiver_named, hold
from companion.circles.queries import INVITATION
from companion.database import attempt, public_id
from companion.delivery.channels.base import Message
from companion.delivery.models import Delivery, MailAddress
from companion.delivery.operations import cancel_deliveries, mail, page_url, plan_delivery, register_subject
from companion.domain.mail_names import fit_for_mail
from companion.domain.roles import KEEPER, PATIENT, PRESETS, UnknownRole
from companion.extensions import db
from companion.trail.operations import untold

LIFE = timedelta(days=7)
KEPT_FOR = timedelta(days=90)
MAILS_AN_HOUR = 3
"""To one address, whoever invites."""
MAILS_A_DAY = 20
"""By one account, in all its circles."""


class OwnAddress(Exception):
    """Nobody invites themselves."""


class AlreadyMember(Exception):
    """The address belongs to somebody who is in the circle."""


class InvitedTooOften(Exception):
    """Too many mails to this address this hour, or by this account this day; `again_at` is when one is possible."""

    def __init__(self, again_at: datetime) -> None:
        super().__init__()
        self.again_at = again_at


def invite(
    circle: Circle, by: Account, *, email: str, preset: str, see_notes: bool = False, language: str, now: datetime
) -> Invitation:
    """Offer a place in the circle to a mail address and plan the mail; an earlier open offer to it ends.

    The patient is invited only while none has an account here. Raises NotKeeper, OwnAddress, AlreadyMember,
    InvitedTooOften, CircleNeedsSomebody, UnknownRole.
    """
    if preset not in (*PRESETS, PATIENT, KEEPER):
        raise UnknownRole(preset)
    hold(circle, by)
    if preset in (PATIENT, KEEPER) and circle.patient_account_id is not None:
        raise CircleNeedsSomebody
    address = _address(normalised_email(email), now)
    if address.account_id == by.id:
        raise OwnAddress
    if preset in PRESETS and any(m.account_id == address.account_id for m in circle.memberships):
        raise AlreadyMember
    _refuse_too_often(address, by, now)
    for earlier in queries.invitations_to(circle, address.email_hash):
        take_back(earlier, now)
    made = Invitation(
        public_id=public_id(),
        circle_id=circle.id,
        invited_by_id=by.id,
        email=address.email,
        email_hash=address.email_hash,
        preset=preset,
        see_notes=see_notes,
        language=language,
        created_at=now,
        sent_at=now,
        expires_at=now + LIFE,
    )
    made.token_hash = token_hash(made.token)
    db.session.add(made)
    db.session.flush()
    plan_invitation_mail(made, address, now)
    return made


def offer_keeping(circle: Circle, ident: str, *, by: Account, language: str, now: datetime) -> Invitation:
    """Ask a member to keep the circle from now on; they do so once they accept.

    Raises MemberIsGone, and as `invite`.
    """
    hold(circle, by)
    address = caregiver_named(circle, ident).account.address
    if address is None or not address.email:
        raise CircleNeedsSomebody
    return invite(circle, by, email=address.email, preset=KEEPER, language=language, now=now)


def send_again(invitation: Invitation, by: Account, now: datetime) -> None:
    """Mail an open or too old invitation again; it is good for another seven days. Raises NotKeeper, InvitedTooOften,
    CircleNeedsSomebody where it was answered or taken back."""
    hold(invitation.circle, by)
    db.session.refresh(invitation, with_for_update=True)
    if invitation.state_at(now) not in (OPEN, EXPIRED):
        raise CircleNeedsSomebody
    address = _address(invitation.email or "", now)
    _refuse_too_often(address, by, now)
    invitation.sent_at, invitation.expires_at, invitation.invited_by_id = now, now + LIFE, by.id
    db.session.flush()
    plan_invitation_mail(invitation, address, now)


def take_back_invitation(invitation: Invitation, by: Account, now: datetime) -> bool:
    """End an invitation that nobody has accepted; False where somebody has. Raises NotKeeper."""
    hold(invitation.circle, by)
    db.session.refresh(invitation, with_for_update=True)
    return take_back(invitation, now)


def take_back(invitation: Invitation, now: datetime) -> bool:
    """End an invitation and the mail that was not sent yet."""
    if invitation.accepted_at is not None:
        return False
    invitation.revoked_at = invitation.revoked_at or now
    cancel_deliveries(INVITATION, invitation.id, reason="taken back", now=now)
    db.session.flush()
    return True


def reopen_invitation(invitation: Invitation, by: Account, now: datetime) -> bool:
    """Undo taking back, for some minutes and while no newer offer went to the address. Raises NotKeeper."""
    hold(invitation.circle, by)
    db.session.refresh(invitation, with_for_update=True)
    taken_back_at = invitation.revoked_at
    if taken_back_at is None or now >= taken_back_at + timedelta(minutes=UNDO_MINUTES):
        return False
    if any(one.state_at(now) == OPEN for one in queries.invitations_to(invitation.circle, invitation.email_hash)):
        return False
    invitation.revoked_at = None
    db.session.flush()
    address = address_of(invitation.email or "")
    if address is not None and queries.mail_state(invitation) == "taken back":
        plan_invitation_mail(invitation, address, now)
    return True


def decline_invitation(invitation: Invitation, now: datetime) -> str:
    """Say no; gives the state it is in now. What was answered or taken back before stays as it is."""
    db.session.refresh(invitation, with_for_update=True)
    if invitation.state_at(now) == OPEN:
        invitation.declined_at = now
        db.session.flush()
        return DECLINED
    return invitation.state_at(now)


def plan_invitation_mail(invitation: Invitation, address: MailAddress, now: datetime) -> Delivery:
    """The delivery of an invitation, useful as long as it can be accepted."""
    return plan_delivery(
        subject_kind=INVITATION,
        subject_id=invitation.id,
        stage=INVITATION,
        due_slot=now.isoformat(timespec="seconds"),
        recipient_id=address.account_id,
        channel="email",
        address_id=address.id,
        due_at=now,
        useful_until=invitation.expires_at,
        now=now,
    )


def address_of_page(invitation: Invitation, reader: Account | None) -> str:
    """Where an invitation is answered, in the language chosen for a reader who has chosen none."""
    lang = None if reader is not None and reader.language else invitation.language
    page = page_url("circles.invitation", token=invitation.token)
    return f"{page}?lang={lang}" if lang else page


def compose_invitation(delivery: Delivery, now: datetime) -> Message | None:
    """The mail in the reader's own language, else the one that was chosen for them; None when it is not open.

    It names who invites, so that it is known as real. It names no patient and no illness.
    """
    invitation = db.session.get(Invitation, delivery.subject_id)
    reader = db.session.get(Account, delivery.recipient_id)
    if invitation is None or reader is None or invitation.state_at(now) != OPEN:
        return None
    return mail(
        delivery,
        "emails/invitation",
        language=reader.language or invitation.language,
        name=fit_for_mail(invitation.invited_by.name),
        link=address_of_page(invitation, reader),
        days=LIFE.days,
    )


@across_circles("what is over for long goes, whosever it was")
def forget_old_invitations(now: datetime) -> None:
    """Remove invitations and endings of long ago: the addresses of people who never came are no concern of ours."""
    old = sa.delete(Invitation).where(Invitation.expires_at < now - KEPT_FOR)
    db.session.execute(old, execution_options=untold("they were over for long"))
    db.session.execute(sa.delete(MembershipEnd).where(MembershipEnd.at < now - KEPT_FOR))


register_subject(INVITATION, compose_invitation)


def _address(email: str, now: datetime) -> MailAddress:
    """The row of an address; a second try where somebody else made it known at the same moment."""
    try:
        with attempt():
            return address_for(email, now)
    except IntegrityError:
        return address_for(email, now)


@across_circles("an address and an inviter count over all circles")
def _refuse_too_often(address: MailAddress, by: Account, now: datetime) -> None:
    mails = sa.select(Delivery.created_at).where(Delivery.subject_kind == INVITATION)
    mine = sa.select(Invitation.id).where(Invitation.invited_by_id == by.id)
    for condition, span, most in (
        (Delivery.address_id == address.id, timedelta(hours=1), MAILS_AN_HOUR),
        (Delivery.subject_id.in_(mine), timedelta(days=1), MAILS_A_DAY),
    ):
        query = mails.where(condition, Delivery.created_at > now - span).order_by(Delivery.created_at.desc())
        sent = list(db.session.scalars(query.limit(most)))
        if len(sent) == most:
            raise InvitedTooOften(sent[-1] + span)
