"""Export, and deletion with a week to take it back: pages that say what happens, and the acts."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, abort, g, render_template, request, stream_with_context, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _

from companion import answers, clock
from companion.access import decides_who_sees, fresh, signed_in
from companion.accounts import queries as accounts
from companion.circles.models import Circle
from companion.circles.queries import memberships_of
from companion.consents import words as consent_words
from companion.consents.models import HEALTH_DATA, VERSIONS, Consent
from companion.consents.queries import consent_named, consents_of
from companion.database import transaction
from companion.exchange.jobs import replay_deletions
from companion.exchange.operations import deletions as operations
from companion.exchange.operations.listing import erased_sessions
from companion.exchange.operations.withdrawals import take_back
from companion.exchange.queries import deletions as queries
from companion.exchange.queries import exports
from companion.exchange.queries.archives import Export
from companion.extensions import limiter
from companion.formatting import full_date, local_date
from companion.language import chosen_language
from companion.trail.models import EXPORTED
from companion.trail.operations import tell

blueprint = Blueprint("exchange", __name__)

EXPORT_LIMIT = "6 per minute; 30 per hour"
"""By address of the network: an export reads all there is."""


@blueprint.record_once
def replay_before_serving(state: BlueprintSetupState) -> None:
    """The web process carries out the deletion list once more before it answers anybody."""
    app: Any = state.app

    def replay() -> None:
        with app.app_context():
            replay_deletions()

    app.extensions["before_serving"] = replay


@blueprint.app_context_processor
def deletions_for_pages() -> dict[str, Any]:
    """For pages that say what is to be deleted."""
    return {
        "deletions_ahead": queries.deletions_ahead,
        "consent_words": consent_words,
        "consent_versions": VERSIONS,
    }


@blueprint.get("/export")
@signed_in
@fresh
def show() -> str:
    """Asks first whether it is you: a file that came after that question would leave its page standing."""
    return render_template("exchange/export_show.html", circles=exports.circles_kept(g.account))


@blueprint.post("/export/circle")
@limiter.limit(EXPORT_LIMIT)
@decides_who_sees()
def circle_file() -> Any:
    """Everything of a circle, with the account of whoever keeps it. Nothing goes out that the trail does not tell."""
    with transaction():
        tell(g.standing.circle, EXPORTED, "everything")
    return _file(exports.export_of([g.standing.circle], g.account, language=chosen_language(), now=clock.now()))


@blueprint.post("/export/account")
@limiter.limit(EXPORT_LIMIT)
@signed_in
@fresh
def account_file() -> Any:
    """Everything of one's own account."""
    return _file(exports.export_of([], g.account, language=chosen_language(), now=clock.now()))


def _file(export: Export) -> Response:
    response = Response(stream_with_context(export.stream()), HTTPStatus.OK, mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{exports.file_name(export)}"'
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/deletion")
@signed_in
def deletions() -> str:
    """What can be deleted, and what is to be."""
    return render_template(
        "exchange/deletion_list.html",
        ahead=queries.deletions_ahead(g.account),
        circles=exports.circles_kept(g.account),
    )


@blueprint.get("/deletion/circle")
@decides_who_sees()
def circle_deletion() -> str:
    circle = g.standing.circle
    return render_template(
        "exchange/circle_deletion.html", circle=circle, others=_others(circle), on=_in_a_week(clock.now())
    )


@blueprint.post("/deletion/circle")
@decides_who_sees()
def delete_circle() -> Any:
    """Asked twice: this page, and the one before."""
    if request.form.get("sure") != "y":
        return circle_deletion(), HTTPStatus.UNPROCESSABLE_ENTITY
    with transaction():
        made = operations.ask_to_delete_circle(g.standing.circle, g.account, clock.now())
        on = made.due_at
    return _asked(on)


@blueprint.get("/deletion/account")
@signed_in
def account_deletion() -> str:
    mine = memberships_of(g.account)
    return render_template(
        "exchange/account_deletion.html",
        held=[(one.circle, _others(one.circle)) for one in mine if "keep_circle" in one.rights],
        helped=[one.circle for one in mine if "keep_circle" not in one.rights],
        on=_in_a_week(clock.now()),
    )


@blueprint.post("/deletion/account")
@signed_in
@fresh
def delete_account() -> Any:
    if request.form.get("sure") != "y":
        return account_deletion(), HTTPStatus.UNPROCESSABLE_ENTITY
    with transaction():
        made = operations.ask_to_delete_account(g.account, clock.now())
        on = made.due_at
    return _asked(on)


@blueprint.post("/deletion/undo")
@signed_in
def keep_everything() -> Any:
    """Take back whatever one asked to delete; nothing else is needed for this than being signed in."""
    with transaction():
        kept = operations.keep_everything(g.account, clock.now())
    words = _("Nothing will be deleted. Everything is as before.") if kept else _("Nothing was to be deleted.")
    return answers.done(url_for("exchange.deletions"), words)


def _asked(due_at: datetime) -> Any:
    words = _("Deletion on %(date)s. Until then you can keep everything.", date=_day(due_at))
    return answers.done(url_for("exchange.deletions"), words, answers.undo(url_for("exchange.keep_everything")))


def _others(circle: Circle) -> list[Any]:
    return queries.others_in(circle, g.account)


def _in_a_week(now: datetime) -> str:
    return _day(now + queries.UNDO_DAYS)


def _day(instant: datetime) -> str:
    return full_date(local_date(instant))


@blueprint.get("/consents")
@signed_in
def consents() -> str:
    """What one agreed to, in which words, and when."""
    found = consents_of(g.account)
    return render_template("exchange/consent_list.html", consents=found, circles=_circles_of(found))


@blueprint.get("/consents/<consent_id>")
@signed_in
def consent(consent_id: str) -> str:
    """One of them, and what taking it back does."""
    found = _mine(consent_id)
    return render_template("exchange/consent_show.html", consent=found, circles=_circles_of([found]))


@blueprint.post("/consents/<consent_id>/withdrawal")
@signed_in
@fresh
def take_back_consent(consent_id: str) -> Any:
    """What it allowed ends at once."""
    found, now = _mine(consent_id), clock.now()
    try:
        with transaction():
            take_back(found, now)
    except operations.NotKeeper:
        abort(HTTPStatus.FORBIDDEN)
    if found.purpose == HEALTH_DATA:
        return answers.done(url_for("exchange.deletions"), _("The circle is deleted in 7 days, unless you keep it."))
    return answers.done(url_for("exchange.consents"), _("Taken back. It counts from now on."))


def _mine(consent_id: str) -> Consent:
    found = consent_named(g.account, consent_id)
    if found is None:
        abort(HTTPStatus.NOT_FOUND)
    return found


def _circles_of(found: list[Consent]) -> dict[int, Circle]:
    """The circles that consents are about, of those one is in."""
    asked = {one.circle_id for one in found}
    return {one.circle_id: one.circle for one in memberships_of(g.account) if one.circle_id in asked}


@blueprint.after_app_request
def let_go(response: Response) -> Response:
    """A browser that was signed in to an account that is erased forgets what it holds."""
    token = request.cookies.get(accounts.session_cookie_name())
    if not token or g.get("account") is not None or request.endpoint == "static":
        return response
    if accounts.token_hash(token) in erased_sessions():
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
        response.delete_cookie(accounts.session_cookie_name(), **accounts.cookie_settings())
        response.delete_cookie(accounts.device_cookie_name(), **accounts.cookie_settings())
    return response
