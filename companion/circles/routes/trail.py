"""Who looked and who changed, for the patient or the keeper."""

from flask import g, render_template, request

from companion.access import needs
from companion.accounts.queries import names_of
from companion.circles import trail_words
from companion.circles.routes import blueprint
from companion.trail import queries

LOOKS = "looks"


@blueprint.get("/circle/trail")
@needs("keep_circle")
def trail() -> str:
    before, looks_only = request.args.get("before", type=int), request.args.get("show") == LOOKS
    found = queries.entries_of(g.standing.circle, before=before, looks_only=looks_only)
    shown = found[: queries.PAGE]
    ids = {one.actor for one in shown} | {one.object_id for one in shown if one.object_id}
    return render_template(
        "circles/trail_show.html",
        circle=g.standing.circle,
        days=trail_words.lines_by_day(shown, g.standing.circle, g.account, names_of(ids)),
        looks_only=looks_only,
        is_first=before is None,
        older=shown[-1].sequence if len(found) > len(shown) else None,
    )
