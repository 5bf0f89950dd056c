"""Members of a circle: rights changed, somebody removed and put back, somebody leaves. In effect at once.

Whoever decides is looked at again under the lock of the circle: rights may have changed since the page was drawn.
"""

from datetime import datetime

import sqlalchemy as sa
from flask import g

from companion.accounts.models import Account
from companion.circles.models import OPEN, Circle, Invitation, Membership, MembershipEnd
from companion.circles.operations import losses
from companion.circles.operations.losses import Loss
from companion.domain.roles import PRESETS, UnknownRole, rights_of
from companion.extensions import db


class NotKeeper(Exception):
    """Who decides here is not, or no longer, the patient or the keeper."""


class MemberIsGone(Exception):
    """The person is not in the circle any more."""


class CircleNeedsSomebody(Exception):
    """The patient's and the keeper's places stay as they are: no circle is without one of them."""


class ChangedMeanwhile(Exception):
    """Somebody else has changed this member's rights since the form was drawn."""


class UndoIsLate(Exception):
    """The minutes for putting somebody back are over, or they are in the circle by another way."""


def change_rights(
    circle: Circle, ident: str, preset: str, *, see_notes: bool, was: str | None, by: Account, now: datetime
) -> Membership:
    """Give a member the rights of another preset, from the next request and the next message on.

    `was` is the mark of the place as the form showed it; None skips that check. Raises NotKeeper, MemberIsGone,
    CircleNeedsSomebody, ChangedMeanwhile, UnknownRole.
    """
    if preset not in PRESETS:
        raise UnknownRole(preset)
    hold(circle, by)
    member = caregiver_named(circle, ident)
    if was is not None and was != member.mark:
        raise ChangedMeanwhile
    set_rights(member, preset, see_notes=see_notes, by=by, now=now)
    return member


def remove_member(circle: Circle, ident: str, *, by: Account, now: datetime) -> MembershipEnd:
    """End a member's place and all that came with it. Raises NotKeeper, MemberIsGone, CircleNeedsSomebody."""
    hold(circle, by)
    return _end(caregiver_named(circle, ident), by=by, now=now)


def leave_circle(circle: Circle, account: Account, *, now: datetime) -> MembershipEnd:
    """End one's own place. Raises MemberIsGone, CircleNeedsSomebody."""
    lock(circle)
    mine = next((m for m in circle.memberships if m.account_id == account.id), None)
    if mine is None:
        raise MemberIsGone
    return _end(caregiver_named(circle, mine.public_id), by=account, now=now)


def put_back_member(end: MembershipEnd, *, by: Account, now: datetime) -> Membership:
    """Give a removed member back what they had. Raises NotKeeper, UndoIsLate."""
    circle, account = end.circle, end.account
    hold(circle, by)
    db.session.refresh(end)
    is_member = any(m.account_id == account.id for m in circle.memberships)
    if is_member or end.by_id == end.account_id or not end.can_undo(now):
        raise UndoIsLate
    member = Membership(
        circle_id=circle.id,
        account_id=account.id,
        preset=end.preset,
        rights=end.rights,
        created_at=end.member_since_at,
    )
    db.session.add(member)
    db.session.flush()
    losses.put_back(Loss(circle, account, end.rights, by, now), end.kept)
    end.undone_at = now
    _forget_reads(circle)
    return member


def set_rights(member: Membership, preset: str, *, see_notes: bool = False, by: Account, now: datetime) -> None:
    """Give a place the rights of a role, and end what the lost ones allowed. Call under the circle's lock."""
    before = member.rights
    member.preset, member.rights = preset, rights_of(preset, see_notes)
    db.session.flush()
    losses.lose(Loss(member.circle, member.account, before - member.rights, by, now))
    _forget_reads(member.circle)


def lock(circle: Circle) -> None:
    """Hold the circle until the end of the transaction, and read its members afresh."""
    db.session.flush()
    db.session.refresh(circle, with_for_update=True)
    for member in db.session.scalars(sa.select(Membership).where(Membership.circle_id == circle.id)):
        db.session.refresh(member)
    _forget_reads(circle)


def hold(circle: Circle, by: Account) -> None:
    """`lock`, for somebody who may keep the circle at this very moment. Raises NotKeeper."""
    lock(circle)
    if not any(m.account_id == by.id and "keep_circle" in m.rights for m in circle.memberships):
        raise NotKeeper


def caregiver_named(circle: Circle, ident: str) -> Membership:
    """A member who is neither patient nor keeper. Raises MemberIsGone, CircleNeedsSomebody."""
    found = next((m for m in circle.memberships if m.public_id == ident), None)
    if found is None:
        raise MemberIsGone
    if found.holds_circle:
        raise CircleNeedsSomebody
    return found


def _end(member: Membership, *, by: Account, now: datetime) -> MembershipEnd:
    circle, account = member.circle, member.account
    end = MembershipEnd(
        circle_id=circle.id,
        account_id=account.id,
        by_id=by.id,
        preset=member.preset,
        rights=member.rights,
        member_since_at=member.created_at,
        at=now,
    )
    db.session.delete(member)
    db.session.flush()
    _forget_reads(circle)
    end.kept = losses.lose(Loss(circle, account, end.rights, by, now))
    db.session.add(end)
    _take_back_offers(circle, account, now)
    db.session.flush()
    return end


def _take_back_offers(circle: Circle, account: Account, now: datetime) -> None:
    """Whoever is out cannot come back by an earlier offer to keep the circle."""
    hashes = [address.email_hash for address in account.addresses]
    query = sa.select(Invitation).where(Invitation.circle_id == circle.id, Invitation.email_hash.in_(hashes))
    for offer in db.session.scalars(query):
        if offer.state_at(now) == OPEN:
            offer.revoked_at = now


def _forget_reads(circle: Circle) -> None:
    """What this request has read of members is out of date."""
    db.session.expire(circle, ["memberships"])
    g.pop("memberships", None)
    g.pop("members_read", None)
