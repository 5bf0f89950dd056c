"""Writes of clinician links: made, opened, switched off and on again."""

from datetime import date, datetime, timedelta

import sqlalchemy as sa

from companion.accounts.models import Account
from companion.accounts.queries import token_hash
from companion.circle_guard import across_circles
from companion.circles.models import Circle
from companion.circles.operations import Loss, register_loss
from companion.clinician_links.models import ClinicianLink, ClinicianLinkView
from companion.clinician_links.queries import KEPT_FOR
from companion.database import public_id
from companion.extensions import db
from companion.trail.operations import untold

DAYS = (1, 7, 14, 30)
"""For how long a link can be made, in days."""
ONE_OPENING = timedelta(minutes=1)
"""A page that is loaded again at once was opened once."""


def make_link(
    circle: Circle, account: Account, *, first_on: date, last_on: date, days: int, language: str, now: datetime
) -> ClinicianLink:
    """A link that shows a range for some days. Raises ValueError for an empty range or another number of days."""
    if first_on > last_on or days not in DAYS:
        raise ValueError(days)
    link = ClinicianLink(
        public_id=public_id(),
        circle_id=circle.id,
        account_id=account.id,
        first_on=first_on,
        last_on=last_on,
        language=language,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    link.token_hash = token_hash(link.token)
    db.session.add(link)
    db.session.flush()
    return link


def note_view(link: ClinicianLink, now: datetime) -> None:
    """Remember that an address was opened, for whoever made it to see."""
    db.session.refresh(link, with_for_update=True)
    db.session.expire(link, ["views"])
    if link.views and now - link.views[0].at < ONE_OPENING:
        return
    db.session.add(ClinicianLinkView(clinician_link_id=link.id, at=now))
    db.session.flush()


def revoke_link(link: ClinicianLink, now: datetime) -> None:
    """Switch an address off; done twice, it is as done once."""
    link.revoked_at = link.revoked_at or now
    db.session.flush()


def restore_link(link: ClinicianLink) -> None:
    """Switch it on again, for as long as it was good."""
    link.revoked_at = None
    db.session.flush()


@across_circles("what is over for long goes, whosever it was")
def forget_old_links(now: datetime) -> None:
    """Remove links that have been over for long, with their openings."""
    old = sa.select(ClinicianLink.id).where(ClinicianLink.expires_at < now - KEPT_FOR)
    db.session.execute(sa.delete(ClinicianLinkView).where(ClinicianLinkView.clinician_link_id.in_(old)))
    theirs = sa.delete(ClinicianLink).where(ClinicianLink.expires_at < now - KEPT_FOR)
    db.session.execute(theirs, execution_options=untold("they were over for long"))


def lose(loss: Loss) -> list[int]:
    """Whoever keeps the circle no longer lets nobody read in it."""
    if "keep_circle" not in loss.rights:
        return []
    query = db.session.query(ClinicianLink).filter_by(
        circle_id=loss.circle.id, account_id=loss.account.id, revoked_at=None
    )
    links = query.all()
    for link in links:
        revoke_link(link, loss.now)
    return [link.id for link in links]


register_loss("clinician_links", lose)
