"""What a write answers: a redirect with words and Undo for a page, JSON for a program, and pages for problems."""

import re
from http import HTTPStatus
from typing import Any

from flask import Flask, abort, current_app, flash, g, jsonify, redirect, render_template, request
from flask_babel import gettext as _
from markupsafe import escape
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, UnprocessableEntity
from werkzeug.wrappers import Response

from companion.access import NotConfirmed, wants_json
from companion.database import public_id
from companion.extensions import db
from companion.logs import log
from companion.security import ForeignForm, UnknownHost

Undo = dict[str, Any]
CLIENT_ID = re.compile(r"[!-~]{1,64}")
KEPT_HEADERS = ("Retry-After", "Allow", "WWW-Authenticate")
BUSY_SECONDS = 5


class SavedOtherwise(UnprocessableEntity):
    """A form came again under the same key with other words in it: the first is kept."""

    reason = "other_body"


def undo(url: str, **fields: str) -> Undo:
    """An Undo button that posts these fields to an address."""
    standing = g.get("standing")
    if standing is not None:
        fields.setdefault("circle", standing.circle.public_id)
    return {"url": url, "fields": fields}


def given_client_id() -> str | None:
    """The key that makes sending this form or API call again harmless: header, form field or JSON field."""
    key: str | None = request.headers.get("Idempotency-Key") or request.form.get("client_id") or None
    if key is None and request.is_json:
        body = request.get_json(silent=True)
        key = body.get("client_id") if isinstance(body, dict) and isinstance(body.get("client_id"), str) else None
    if key is not None and not CLIENT_ID.fullmatch(key):
        abort(HTTPStatus.UNPROCESSABLE_ENTITY)
    return key


def done(url: str, message: str, undo: Undo | None = None) -> Response:
    """Redirect (303) to a page that shows the message, with Undo where there is one."""
    tell(message, undo)
    return redirect(url, HTTPStatus.SEE_OTHER)


def saved(row_id: str, url: str, message: str, undo: Undo | None = None) -> Response:
    """The answer to a creating form: as `done`, or `{client_id, id, …}` where JSON was asked for."""
    g.saved = body = {"client_id": given_client_id(), "id": row_id, "url": url, "message": message}
    if not wants_json():
        return done(url, message, undo)
    if opens_page():
        tell(message, undo)
    response: Response = jsonify(body)
    response.status_code = HTTPStatus.CREATED
    return response


def opens_page() -> bool:
    """Whether the script that asks for JSON goes on to the page named in it, which then says what happened."""
    return request.headers.get("X-Opens-Page") == "1"


def tell(message: str, undo: Undo | None = None) -> None:
    """Show words on the next page."""
    if undo is None:
        flash(message, "done")
    else:
        flash({"text": message, **undo}, "undo")  # type: ignore[arg-type]


def problem_page(error: HTTPException | None) -> Any:
    """A page, or JSON, that says what happened and what to do; never an inner detail."""
    code = getattr(error, "code", None) or 500
    if error is not None and (error.response is not None or 300 <= code < 400):
        return error
    inner = dict(error.get_headers()) if error is not None else {}
    headers = {k: v for k, v in inner.items() if k in KEPT_HEADERS}
    return problem(code, _words_of(error, code), headers, getattr(error, "reason", None))


def problem(code: int, words: tuple[str, str], headers: dict[str, str], reason: str | None = None) -> Any:
    """Title and advice as JSON, with the reason where a program needs one, or as a page."""
    title, advice = words
    if wants_json():
        body = {"error": title, "advice": advice, "status": code}
        return jsonify(body | ({"reason": reason} if reason else {})), code, headers
    return _problem_text(title, advice, code), code, headers


def _problem_text(title: str, advice: str, code: int) -> str:
    """The page; when the database does not even say who is signed in, the one for everybody; else bare words."""
    for _attempt in range(2):
        try:
            return render_template("layouts/problem.html", title=title, advice=advice, code=code)
        except Exception as error:
            log.error("page of a problem failed", exc_info=error)
            db.session.rollback()
            g.account = g.standing = None
    return f"<!doctype html><title>{escape(title)}</title><h1>{escape(title)}</h1><p>{escape(advice)}</p>"


def _words_of(error: HTTPException | None, code: int) -> tuple[str, str]:
    if isinstance(error, UnknownHost):
        url = current_app.config["COMPANION"].base_url
        return _("This address is not known here"), _("Open %(url)s instead.", url=url)
    if isinstance(error, ForeignForm):
        return _("This form came from another site"), _("Nothing was saved. Open the app yourself and try again.")
    if isinstance(error, NotConfirmed):
        return _("Please show that it is you"), _("Open the app, confirm, and try again.")
    if isinstance(error, SavedOtherwise):
        return _("An earlier version of this was saved"), _("Look at it first. Then save this one as a new one.")
    return problem_words(code)


def refused_form(code: int, errors: list[tuple[str, str]]) -> Any:
    """JSON for a program whose form needs fixing: field and message of each error."""
    title, advice = problem_words(code)
    fields = [{"field": name, "message": message} for name, message in errors]
    return jsonify({"error": title, "advice": advice, "status": code, "fields": fields}), code


def problem_words(code: int) -> tuple[str, str]:
    """Title and advice of a status in the reader's language."""
    words = {
        400: (_("This request could not be read"), _("Go back and try again.")),
        401: (_("Please sign in"), _("Then try again.")),
        403: (_("This is not open to you"), _("Ask the patient or the keeper of the circle.")),
        404: (_("This page is not here"), _("It may be gone, or the address is not complete.")),
        405: (_("This page cannot do that"), _("Go back and try again.")),
        413: (_("This is too much at once"), _("Nothing was saved. Make the text shorter and try again.")),
        422: (_("Something needs fixing"), _("Go back, change it and save again.")),
        429: (_("Too many tries"), _("Wait some minutes, then try again.")),
        503: (_("Busy for a moment"), _("Nothing was saved. Try again in a few seconds.")),
    }
    if 400 < code < 500:
        return words.get(code, words[400])
    return words.get(code, (_("Something went wrong here"), _("Nothing was saved. Please try again.")))


def init_app(app: Flask) -> None:
    """Answer 503 with Retry-After when the database is busy, and 400 to what it cannot hold, not an error page."""
    app.jinja_env.globals["new_client_id"] = public_id

    @app.errorhandler(OperationalError)
    @app.errorhandler(PoolTimeout)
    def busy(error: OperationalError | PoolTimeout) -> Any:
        inner = getattr(error, "orig", None)
        detail = getattr(inner, "sqlite_errorname", None) or getattr(inner, "sqlstate", None)
        log.warning("database busy", kind=type(inner or error).__name__, detail=detail)
        db.session.rollback()
        return problem(503, problem_words(503), {"Retry-After": str(BUSY_SECONDS)})

    @app.errorhandler(DataError)
    def unfit(error: DataError) -> Any:
        log.warning("value refused by the database", kind=type(error.orig).__name__)
        db.session.rollback()
        return problem(400, problem_words(400), {})
