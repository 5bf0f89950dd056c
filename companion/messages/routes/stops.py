"""HTTP of the link in each reminder mail that stops these mails: a page, one button, Undo. No sign-in, no cookie."""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for

from companion import clock
from companion.access import public
from companion.database import transaction
from companion.language import in_words_of
from companion.reminders.operations import stops
from companion.reminders.operations.stops import StopLink
from companion.security import keyed

blueprint = Blueprint("stops", __name__)
keyed(blueprint, by_programs=True)


@blueprint.get("/mail-stops/<token>")
@public
def show(token: str) -> Any:
    """Says what stops; it changes nothing by itself, as mail programs open every link."""
    return _page(_link(token), token, undo=request.args.get("undo", ""))


@blueprint.post("/mail-stops/<token>")
@public
def stop(token: str) -> Any:
    """Stop the mails. A mail program wants a plain answer and no redirect; a person gets a page with Undo."""
    link = _link(token)
    with transaction():
        undo = stops.stop_mails(link, clock.now())
    if request.form.get("List-Unsubscribe") == "One-Click":
        return "", HTTPStatus.OK
    return redirect(url_for(".show", token=token, undo=undo), HTTPStatus.SEE_OTHER)


@blueprint.post("/mail-stops/<token>/undo")
@public
def undo(token: str) -> Any:
    """Let the mails come again, as they did before."""
    link = _link(token)
    with transaction():
        stops.resume_mails(link, request.form.get("undo", ""), clock.now())
    return redirect(url_for(".show", token=token), HTTPStatus.SEE_OTHER)


def _link(token: str) -> StopLink:
    link = stops.stop_link(token)
    if link is None:
        page = render_template("messages/mail_stop.html", link=None)
        abort(make_response(page, HTTPStatus.NOT_FOUND))
    return link


def _page(link: StopLink, token: str, undo: str) -> str:
    with in_words_of(link.reader.language):
        return render_template(
            "messages/mail_stop.html",
            link=link,
            token=token,
            undo=undo,
            is_stopped=stops.is_stopped(link),
            has_another_way=stops.has_another_way(link),
            is_patient=link.circle.patient_account_id == link.reader.id,
        )
