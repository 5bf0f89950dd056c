"""After a page was sent: note who looked. No page waits for it, and none fails by it."""

from datetime import date
from http import HTTPStatus

from flask import Flask, Response, g, request

from companion import clock
from companion.logs import log
from companion.trail.operations.looks import PAGE_KINDS, Look, look_of, tell_look

KNOWN, MOST_KNOWN = "trail_looks", 10_000
"""What this process has seen told, so that a page read again asks the database nothing."""
Known = dict[Look, date]


def init_app(app: Flask) -> None:
    """Note each look at a page of a circle."""
    known: Known = app.extensions.setdefault(KNOWN, {})

    @app.after_request
    def note_looks(response: Response) -> Response:
        now = clock.now()
        fresh = [one for one in _looks_at(response) if known.get(one) != one.day_begins(now).date()]
        if fresh:
            response.call_on_close(lambda: tell(app, fresh))
        return response


def tell(app: Flask, looks: list[Look]) -> None:
    """Write down looks, in a context and a transaction of their own."""
    known: Known = app.extensions[KNOWN]
    if len(known) > MOST_KNOWN:
        known.clear()
    with app.app_context():
        for look in looks:
            try:
                now = clock.now()
                tell_look(look, now)
            except Exception as error:
                log.error("a look was not told", kind=type(error).__name__)
            else:
                known[look] = look.day_begins(now).date()


def _looks_at(response: Response) -> list[Look]:
    """What this answer has shown of which circles, or refused."""
    own: Look | None = g.get("look")
    kind = PAGE_KINDS[request.blueprint] if request.blueprint else None
    refused = response.status_code == HTTPStatus.FORBIDDEN
    shown = request.method == "GET" and response.status_code in (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED)
    if own is not None:
        return [own] if shown else []
    if kind is None or not (shown or refused):
        return []
    standings = g.get("standings") or [one for one in (g.get("standing"),) if one is not None]
    return [look for one in standings if (look := look_of(one, kind, refused=refused)) is not None]
