"""The page of insights."""

from zoneinfo import ZoneInfo

from flask import Blueprint, g, render_template

from companion import clock
from companion.access import needs
from companion.insights import queries

blueprint = Blueprint("insights", __name__)


@blueprint.get("/insights")
@needs("see_check_ins")
def show() -> str:
    """The last 12 weeks of both hands."""
    standing = g.standing
    today = clock.now().astimezone(ZoneInfo(standing.tz)).date()
    page = queries.overview(standing.circle, today)
    return render_template("insights/insights_show.html", page=page, frame=queries.FRAME)
