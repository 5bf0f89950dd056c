"""Links for the nurse that somebody made who may not do so any longer."""

from companion.circles.operations import Loss, register_loss
from companion.extensions import db
from companion.infusions.models import NurseLink
from companion.infusions.operations.nurse_links import end_nurse_link


def lose(loss: Loss) -> None:
    """Switch them off, for whoever made them knows the address. A new one is made in one tap."""
    if "answer" in loss.rights:
        mine = {"circle_id": loss.circle.id, "account_id": loss.account.id, "ended_at": None}
        for link in db.session.query(NurseLink).filter_by(**mine):
            end_nurse_link(link, loss.now)


register_loss("nurse_links", lose)
