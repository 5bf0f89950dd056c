"""What a write answers: a redirect with words and Undo for a page, JSON for a program, and pages for problems."""

from http import HTTPStatus
from typing import Any

from flask import Flask, abort, flash, g, jsonify, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from companion.access import wants_json
from companion.database import public_id

Undo = dict[str, Any]
LONGEST_CLIENT_ID = 64


def undo(url: str, **fields: str) -> Undo:
    """An Undo button that posts these fields to an address."""
    standing = g.get("standing")
    if standing is not None:
        fields.setdefault("circle", standing.circle.public_id)
    return {"url": url, "fields": fields}


def given_client_id() -> str | None:
    """The key that makes sending this form or API call again harmless: header, form field or JSON field."""
    key: str | None = request.headers.get("Idempotency-Key") or request.form.get("client_id")
    if key is None and request.is_json:
        body = request.get_json(silent=True)
        key = body.get("client_id") if isinstance(body, dict) and isinstance(body.get("client_id"), str) else None
    if key is not None and not 1 <= len(key) <= LONGEST_CLIENT_ID:
        abort(HTTPStatus.UNPROCESSABLE_ENTITY)
    return key


def done(url: str, message: str, undo: Undo | None = None) -> Response:
    """Redirect (303) to a page that shows the message, with Undo where there is one."""
    tell(message, undo)
    return redirect(url, HTTPStatus.SEE_OTHER)


def saved(row_id: str, url: str, message: str, undo: Undo | None = None) -> Response:
    """The answer to a creating form: as `done`, or `{client_id, id, …}` where JSON was asked for."""
    if not wants_json():
        return done(url, message, undo)
    body = {"client_id": given_client_id(), "id": row_id, "url": url, "message": message}
    response: Response = jsonify(body)
    response.status_code = HTTPStatus.CREATED
    return response


def tell(message: str, undo: Undo | None = None) -> None:
    """Show words on the next page."""
    if undo is None:
        flash(message, "done")
    else:
        flash({"text": message, **undo}, "undo")  # type: ignore[arg-type]


def problem_page(error: HTTPException | None) -> Any:
    """A page, or JSON, that says what happened and what to do; never an inner detail."""
    code = getattr(error, "code", None) or 500
    if code in (301, 302, 303, 307, 308) and error is not None:
        return error
    title, advice = problem_words(code)
    if wants_json():
        return jsonify({"error": title, "advice": advice, "status": code}), code
    response = render_template("layouts/problem.html", title=title, advice=advice, code=code), code
    headers = dict(error.get_headers()) if code == 429 and error is not None else {}
    return (*response, {k: v for k, v in headers.items() if k == "Retry-After"})


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
    return words.get(code, (_("Something went wrong here"), _("Nothing was saved. Please try again.")))


def init_app(app: Flask) -> None:
    """Answer 503 with Retry-After when the database is busy, instead of an error page."""
    from sqlalchemy.exc import OperationalError

    app.jinja_env.globals["new_client_id"] = public_id

    @app.errorhandler(OperationalError)
    def busy(error: OperationalError) -> Any:
        from companion.logs import log

        log.warning("database busy", kind=type(error.orig).__name__)
        title, advice = problem_words(503)
        if wants_json():
            return jsonify({"error": title, "advice": advice, "status": 503}), 503, {"Retry-After": "5"}
        page = render_template("layouts/problem.html", title=title, advice=advice, code=503)
        return page, 503, {"Retry-After": "5"}
