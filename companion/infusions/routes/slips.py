"""The slip of a course, to print and fill in by hand."""

from typing import Any

from flask import g, render_template

from companion import clock
from companion.access import needs
from companion.infusions import queries
from companion.infusions.models import Infusion
from companion.infusions.routes import blueprint
from companion.infusions.routes.shared import refuse_cancelled
from companion.infusions.slip_words import in_both_languages
from companion.qr_code import qr_code

ROWS = 12
"""Bottles that one page has room for, in boxes that a pen can fill."""


@blueprint.get("/infusions/<public_id>/slip")
@needs("see_dates", row=Infusion)
def slip(infusion: Infusion) -> Any:
    """One page with empty boxes for lots, expiry, grams, start, stop and who; nothing recorded stands on it.

    While a link for the nurse works, its code stands there too.
    """
    refuse_cancelled(infusion)
    link = queries.live_nurse_link(infusion, clock.now()) if g.standing.can("answer") else None
    address = queries.nurse_address(link) if link else ""
    return render_template(
        "infusions/slip_show.html",
        infusion=infusion,
        both=in_both_languages(),
        rows=ROWS,
        address=address,
        code=qr_code(address) if link else None,
    )
