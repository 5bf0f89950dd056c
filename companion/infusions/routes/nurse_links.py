"""The patient's side of the nurse's link: make it, show it, switch it off."""

from typing import Any
from urllib.parse import urlsplit

from flask import current_app, g, render_template, url_for
from flask_babel import gettext as _

from companion import answers, clock
from companion.access import needs
from companion.config import is_loopback
from companion.database import transaction
from companion.infusions import queries
from companion.infusions.models import Infusion, NurseLink
from companion.infusions.operations import nurse_links as operations
from companion.infusions.routes import blueprint
from companion.infusions.routes.shared import refuse_cancelled
from companion.qr_code import qr_code


@blueprint.get("/infusions/<public_id>/nurse-link")
@needs("answer", row=Infusion)
def nurse_link(infusion: Infusion) -> Any:
    """The address that works today, as a picture and in letters; or how to make one."""
    refuse_cancelled(infusion)
    link = queries.live_nurse_link(infusion, clock.now())
    address = queries.nurse_address(link) if link else ""
    return render_template(
        "infusions/nurse_link.html",
        infusion=infusion,
        link=link,
        address=address,
        code=qr_code(address) if link else None,
        here_only=is_loopback(urlsplit(current_app.config["COMPANION"].base_url).hostname or ""),
    )


@blueprint.post("/infusions/<public_id>/nurse-link")
@needs("answer", row=Infusion)
def nurse_link_make(infusion: Infusion) -> Any:
    """Make a fresh address; an earlier one ends. Sent twice it makes two, of which the later one works."""
    refuse_cancelled(infusion)
    with transaction():
        operations.make_nurse_link(infusion, account=g.standing.account, now=clock.now())
    return answers.done(_page_of(infusion), _("The link is ready. Let the nurse scan it."))


@blueprint.post("/nurse-links/<public_id>/ending")
@needs("answer", row=NurseLink)
def nurse_link_end(link: NurseLink) -> Any:
    """Switch an address off."""
    with transaction():
        operations.end_nurse_link(link, clock.now())
    undo = answers.undo(url_for(".nurse_link_reopen", public_id=link.public_id))
    return answers.done(_page_of(link.infusion), _("The link is switched off."), undo)


@blueprint.post("/nurse-links/<public_id>/reopening")
@needs("answer", row=NurseLink)
def nurse_link_reopen(link: NurseLink) -> Any:
    """Switch it on again, for the rest of its day."""
    with transaction():
        operations.reopen_nurse_link(link, clock.now())
    return answers.done(_page_of(link.infusion), _("The link is on again."))


def _page_of(infusion: Infusion) -> str:
    return url_for(".nurse_link", public_id=infusion.public_id)
