"""Calendar feeds of the viewer: made, shown once, replaced, switched off; and the feed itself."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, abort, g, render_template, request, session, url_for
from flask_babel import force_locale
from flask_babel import gettext as _

from companion import answers, clock
from companion.access import fresh, needs, public, signed_in
from companion.accounts.queries import token_hash
from companion.calendar import operations, queries, words
from companion.calendar.forms import FeedForm
from companion.calendar.models import CalendarFeed
from companion.calendar.operations import FeedIsGone
from companion.calendar.routes import blueprint
from companion.circles.queries import memberships_of
from companion.database import transaction
from companion.delivery.operations import page_url
from companion.extensions import limiter
from companion.language import chosen_language
from companion.submissions import once

SHOWN_FOR = timedelta(minutes=10)
SHOWN = "feed_address"
# Calendar programs ask every few minutes at most. Behind a proxy all may come from one address: each feed counts too.
FEED_LIMIT, ADDRESS_LIMIT = "10 per minute; 120 per hour", "240 per minute"


def _this_feed() -> str:
    return token_hash(str((request.view_args or {}).get("token")))


@blueprint.get("/calendar/feeds/<token>.ics")
@limiter.limit(FEED_LIMIT, key_func=_this_feed)
@limiter.limit(ADDRESS_LIMIT)
@public
def feed(token: str) -> Response:
    """The calendar of an address. No cookie counts here: who knows the address may read it.

    An address that is switched off, or whose owner may no longer see the dates, answers with an empty calendar,
    so that calendar programs clear their copy; after 90 days it is unknown, like any that never was.
    """
    now = clock.now()
    found = queries.feed_of_token(token, now)
    if found is None:
        return _private(Response("There is no calendar here.\n", HTTPStatus.NOT_FOUND, mimetype="text/plain"))
    with transaction():
        operations.note_fetch(found, now)
        body = _calendar_of(found, now)
    response = Response(body, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = 'inline; filename="calendar.ics"'
    response.add_etag()
    _private(response).make_conditional(request)
    return response


def _calendar_of(found: CalendarFeed, now: datetime) -> bytes:
    with force_locale(found.language):
        name = str(_("Appointments"))
        if found.revoked_at is not None:
            return operations.compose_calendar([], name=name, language=found.language)
        told = operations.publish_feed(found.circle, now)
        notices = [(entry, words.notice_of(entry, row, found.level, found.account)) for entry, row in told]
        return operations.compose_calendar(notices, name=name, language=found.language, with_alarms=found.with_alarms)


def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@blueprint.get("/calendar/feeds")
@signed_in
def feed_list() -> str:
    """The viewer's feeds. Whoever comes back here has done with the address that was shown."""
    session.pop(SHOWN, None)
    order = [membership.circle for membership in memberships_of(g.account)]
    return render_template(
        "calendar/feed_list.html", feeds=queries.feeds_of(g.account), people=words.people_of(g.account, order)
    )


@blueprint.get("/calendar/feeds/new")
@needs("see_dates")
def feed_new() -> str:
    """How much it shows."""
    return _new_page(FeedForm())


@blueprint.post("/calendar/feeds")
@needs("see_dates")
@fresh
@once
def feed_create() -> Any:
    """Make a feed and show its address."""
    form = FeedForm(request.form)
    if not form.validate():
        return _new_page(form), HTTPStatus.UNPROCESSABLE_ENTITY
    made, token = operations.make_feed(
        g.account,
        g.standing.circle,
        level=form.level.data,
        with_alarms=form.with_alarms.data,
        language=chosen_language(),
        now=clock.now(),
    )
    _show_soon(made, token)
    return answers.saved(made.public_id, _address_of(made), _("Your calendar address is ready."))


def _new_page(form: FeedForm) -> str:
    circle = g.standing.circle
    ahead = queries.coming_up(circle, clock.now().astimezone(ZoneInfo(circle.tz)).date())
    example = next((row for row in ahead if row.kind == queries.INFUSION), None)
    options = words.level_options(example, g.account)
    return render_template("calendar/feed_new.html", form=form, options=options)


@blueprint.get("/calendar/feeds/<feed_id>/address")
@signed_in
@fresh
def feed_address(feed_id: str) -> str:
    """The address, for ten minutes and in the browser that asked for it; afterwards nobody can see it again."""
    found = _mine(feed_id)
    token = _shown_token(found)
    address = page_url("calendar.feed", token=token) if token else None
    return render_template("calendar/feed_address.html", feed=found, address=address)


@blueprint.get("/calendar/feeds/<feed_id>/rotation")
@signed_in
def feed_rotation(feed_id: str) -> str:
    """Say what a new address means before it is made."""
    return render_template("calendar/feed_rotate.html", feed=_mine(feed_id))


@blueprint.post("/calendar/feeds/<feed_id>/rotation")
@signed_in
@fresh
@once
def feed_rotate(feed_id: str) -> Any:
    """Make a new address; the old one is off for good."""
    try:
        made, token = operations.rotate_feed(_mine(feed_id), clock.now())
    except FeedIsGone:
        return answers.done(url_for(".feed_list"), _("This address is off already."))
    _show_soon(made, token)
    return answers.saved(made.public_id, _address_of(made), _("The new address is ready. The old one is off."))


@blueprint.post("/calendar/feeds/<feed_id>/revocation")
@signed_in
def feed_revoke(feed_id: str) -> Any:
    """Switch a feed off, with Undo."""
    found = _mine(feed_id)
    with transaction():
        operations.revoke_feed(found, clock.now())
    undo = answers.undo(url_for(".feed_restore", feed_id=feed_id))
    return answers.done(url_for(".feed_list"), _("Switched off. Your calendar will empty itself."), undo)


@blueprint.post("/calendar/feeds/<feed_id>/revocation/undo")
@signed_in
def feed_restore(feed_id: str) -> Any:
    """Switch a feed on again."""
    found = _mine(feed_id)
    try:
        with transaction():
            operations.restore_feed(found, clock.now())
    except FeedIsGone:
        return answers.done(url_for(".feed_list"), _("This address is off for good. Make a new one."))
    return answers.done(url_for(".feed_list"), _("Switched on again."))


def _mine(feed_id: str) -> CalendarFeed:
    found = queries.feed_of(g.account, feed_id)
    if found is None:
        abort(HTTPStatus.NOT_FOUND)
    return found


def _address_of(made: CalendarFeed) -> str:
    return url_for(".feed_address", feed_id=made.public_id)


def _show_soon(made: CalendarFeed, token: str) -> None:
    """Keep the token in this browser alone, for as long as its page may show it."""
    until = clock.now() + SHOWN_FOR
    session[SHOWN] = {"feed": made.public_id, "token": token, "until": until.isoformat()}


def _shown_token(found: CalendarFeed) -> str | None:
    kept = session.get(SHOWN)
    if kept is None:
        return None
    if clock.now() >= datetime.fromisoformat(kept["until"]):
        session.pop(SHOWN)
        return None
    return str(kept["token"]) if kept["feed"] == found.public_id and found.revoked_at is None else None
