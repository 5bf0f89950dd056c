"""Links for the nurse: made, switched off, used to add vials and nothing else."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from companion.accounts.models import Account
from companion.database import public_id
from companion.domain.recurrence import local_instant
from companion.domain.vial_labels import Label
from companion.extensions import db
from companion.infusions.models import Infusion, InfusionDay, NurseLink, NurseSave
from companion.infusions.models.nurse_links import code_hash
from companion.infusions.operations.plans import local_today
from companion.infusions.operations.vials import add_vials, delete_entry

UNDO_MINUTES = 10


class LinkIsOver(Exception):
    """The link is too old, switched off, used up, or its infusion fell out of the plan."""


class TooManyVials(Exception):
    """The link takes some more vials, but not so many."""


class OtherContent(Exception):
    """Something else was saved under this key before."""


class UndoIsLate(Exception):
    """The minutes for taking a saving back are over."""


def make_nurse_link(infusion: Infusion, *, account: Account, now: datetime) -> NurseLink:
    """A fresh address, good until the end of today where the infusion is given; earlier ones end."""
    end_nurse_links(infusion, now)
    tz = infusion.days[0].tz
    tomorrow = local_today(now, tz) + timedelta(days=1)
    link = NurseLink(
        public_id=public_id(),
        circle_id=infusion.circle_id,
        infusion_id=infusion.id,
        account_id=account.id,
        created_at=now,
        valid_until=local_instant(tomorrow, time(0), ZoneInfo(tz)),
    )
    link.code_hash = code_hash(link.code)
    db.session.add(link)
    db.session.flush()
    return link


def end_nurse_links(infusion: Infusion, now: datetime) -> None:
    """No address of this infusion works any more."""
    for link in db.session.query(NurseLink).filter_by(infusion_id=infusion.id, ended_at=None):
        link.ended_at = now
    db.session.flush()


def end_nurse_link(link: NurseLink, now: datetime) -> None:
    """Switch one address off."""
    link.ended_at = link.ended_at or now
    db.session.flush()


def reopen_nurse_link(link: NurseLink, now: datetime) -> None:
    """Switch it on again, for as long as it was good; another one that was made meanwhile ends."""
    end_nurse_links(link.infusion, now)
    link.ended_at = None
    db.session.flush()


def add_vials_by_link(
    link: NurseLink, labels: Sequence[Label], *, client_id: str, body_hash: str, now: datetime
) -> NurseSave:
    """Add vials to the link's infusion, on the day of its course that is today.

    Sent again with the same key, nothing is added and the same saving comes back, even if it was taken back since.
    Raises OtherContent, LinkIsOver, TooManyVials.
    """
    db.session.refresh(link, with_for_update=True)  # one saving at a time counts and adds
    db.session.expire(link, ["saves"])
    known = next((save for save in link.saves if save.client_id == client_id), None)
    if known is not None:
        if known.body_hash != body_hash:
            raise OtherContent
        return known
    if not link.takes_vials_at(now):
        raise LinkIsOver
    if sum(label.count for label in labels) > link.room:
        raise TooManyVials
    infusion = link.infusion
    vials = add_vials(infusion, labels, day=_day_of(infusion, now), product=infusion.product, now=now)
    save = NurseSave(
        client_id=client_id,
        body_hash=body_hash,
        entry_id=vials[0].entry_id,
        vial_count=len(vials),
        saved_at=now,
    )
    link.saves.append(save)
    db.session.flush()
    return save


def undo_nurse_save(save: NurseSave, now: datetime) -> None:
    """Take back what was saved, within ten minutes; once is enough. Raises UndoIsLate."""
    if save.undone_at is not None:
        return
    if not can_undo(save, now):
        raise UndoIsLate
    vial = next((one for one in save.link.infusion.vials if one.entry_id == save.entry_id), None)
    if vial is not None:
        delete_entry(vial, now)
    save.undone_at = now
    db.session.flush()


def can_undo(save: NurseSave, now: datetime) -> bool:
    """Whether its page still offers Undo."""
    return save.undone_at is None and now < save.saved_at + timedelta(minutes=UNDO_MINUTES)


def _day_of(infusion: Infusion, now: datetime) -> InfusionDay | None:
    """The only day of a course, or the one that is today; None where that is not known."""
    if len(infusion.days) == 1:
        return infusion.days[0]
    return next((day for day in infusion.days if day.happened_on == local_today(now, day.tz)), None)
