"""An invitation accepted: a new member, or somebody who takes the circle over."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from companion.accounts.models import Account
from companion.circles import queries
from companion.circles.models import OPEN, REVOKED, Circle, Invitation, Membership
from companion.circles.operations.circle import AlreadyPatient, add_member
from companion.circles.operations.invitations import take_back
from companion.circles.operations.members import lock, set_rights
from companion.delivery.channels.base import Message
from companion.delivery.models import Delivery
from companion.delivery.operations import mail, page_url, plan_delivery, register_subject
from companion.domain.mail_names import fit_for_mail
from companion.domain.roles import FULL_HELP, PATIENT
from companion.extensions import db

ANSWER, ANSWER_LIFE = "invitation_answer", timedelta(days=7)


class InvitationClosed(Exception):
    """An invitation was answered or taken back, or is too old: `state` says which."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


def accept_invitation(
    invitation: Invitation,
    account: Account,
    *,
    before: str = FULL_HELP,
    before_sees_notes: bool = False,
    now: datetime,
) -> Membership:
    """Join with the offered rights; a member who is in already keeps their own.

    Whoever takes the circle over says what its keeper may do from now on (`before`), and the keeper's other offers
    end. Raises InvitationClosed, AlreadyPatient.
    """
    circle = invitation.circle
    lock(circle)
    db.session.refresh(invitation, with_for_update=True)
    state = invitation.state_at(now)
    if state != OPEN or not _may_invite(circle, invitation):
        raise InvitationClosed(state if state != OPEN else REVOKED)
    if invitation.preset == PATIENT:
        _claim(circle, account)
    member = next((m for m in circle.memberships if m.account_id == account.id), None)
    if member is None:
        member = add_member(circle, account, invitation.preset, see_notes=invitation.see_notes, now=now)
        db.session.expire(circle, ["memberships"])
    invitation.accepted_at = now
    db.session.flush()
    if invitation.hands_over:
        set_rights(member, invitation.preset, by=account, now=now)
        _step_back(circle, account, before, before_sees_notes, now)
    _plan_answer(invitation, account, now)
    return member


def _plan_answer(invitation: Invitation, account: Account, now: datetime) -> None:
    """Tell who invited that somebody has come: the address may have been that of somebody else."""
    address = invitation.invited_by.address
    if address is not None:
        plan_delivery(
            subject_kind=ANSWER,
            subject_id=invitation.id,
            stage=ANSWER,
            due_slot=str(account.id),
            recipient_id=invitation.invited_by_id,
            channel="email",
            address_id=address.id,
            due_at=now,
            useful_until=now + ANSWER_LIFE,
            now=now,
        )


def compose_answer(delivery: Delivery, now: datetime) -> Message | None:
    """Who has come, in the words of who invited; None when they are out of the circle themselves."""
    invitation = db.session.get(Invitation, delivery.subject_id)
    newcomer = db.session.get(Account, int(delivery.due_slot))
    if invitation is None or newcomer is None:
        return None
    circle, inviter = invitation.circle, invitation.invited_by
    if not any(m.account_id == inviter.id for m in circle.memberships):
        return None
    return mail(
        delivery,
        "emails/invitation_answer",
        language=inviter.language or "en",
        name=fit_for_mail(newcomer.name),
        hands_over=invitation.hands_over,
        link=page_url("circles.show", circle=circle.public_id),
    )


register_subject(ANSWER, compose_answer)


def _may_invite(circle: Circle, invitation: Invitation) -> bool:
    """Whether who invited still may: an offer ends with the right to make it."""
    return any(m.account_id == invitation.invited_by_id and "keep_circle" in m.rights for m in circle.memberships)


def _claim(circle: Circle, account: Account) -> None:
    """Make an account the circle's patient. Raises AlreadyPatient."""
    db.session.execute(sa.select(Account.id).where(Account.id == account.id).with_for_update())
    if queries.own_circle(account) is not None:
        raise AlreadyPatient
    circle.patient_account_id = account.id
    db.session.flush()


def _step_back(circle: Circle, account: Account, preset: str, see_notes: bool, now: datetime) -> None:
    """The keeper so far becomes a caregiver, and what they offered to others ends."""
    for keeper in [m for m in circle.memberships if m.holds_circle and m.account_id != account.id]:
        set_rights(keeper, preset, see_notes=see_notes, by=account, now=now)
        query = sa.select(Invitation).where(
            Invitation.circle_id == circle.id, Invitation.invited_by_id == keeper.account_id
        )
        for offer in db.session.scalars(query):
            if offer.state_at(now) == OPEN:
                take_back(offer, now)
