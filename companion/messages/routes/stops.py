"""HTTP of the link in each reminder mail that stops these mails: a page, one button, Undo. No sign-in, no cookie."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import force_locale

from companion import clock
from companion.access import public
from companion.accounts.models import Account
from companion.database import transaction
from companion.language import HTML_LANG, LANGUAGES, chosen_language
from companion.reminders.operations import stops
from companion.reminders.operations.stops import StopLink

blueprint = Blueprint("stops", __name__)


@blueprint.url_value_preprocessor
def trust_the_token(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """A mail program posts here without any page of ours, so without an origin (RFC 8058).

    The signed token alone is the proof, no cookie is read; a foreign origin is refused all the same.
    """
    nameless = request.headers.get("Origin") in (None, "null")
    g.takes_no_cookies = "Sec-Fetch-Site" not in request.headers and nameless


@blueprint.after_request
def keep_to_ourselves(response: Response) -> Response:
    """The address is a key: no referrer, no copy, no search engine."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


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
    with _in_words_of(link.reader):
        return render_template(
            "messages/mail_stop.html",
            link=link,
            token=token,
            undo=undo,
            is_stopped=stops.is_stopped(link),
            has_another_way=stops.has_another_way(link),
            is_patient=link.circle.patient_account_id == link.reader.id,
            html_lang=HTML_LANG[g.stop_language],
            language=g.stop_language,
        )


@contextmanager
def _in_words_of(reader: Account) -> Iterator[None]:
    """The reader's language, unless another one was chosen in this browser."""
    cookie = request.cookies.get(f"{current_app.config['COOKIE_PREFIX']}lang")
    chosen = request.args.get("lang") in LANGUAGES or cookie in LANGUAGES
    g.stop_language = chosen_language() if chosen else reader.language or chosen_language()
    with force_locale(g.stop_language):
        yield
