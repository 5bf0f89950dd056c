"""Passkeys: signing in by a touch, and adding one. Scripts of our pages send and get JSON here."""

from http import HTTPStatus
from typing import Any

from flask import g, jsonify, make_response, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import UnprocessableEntity

from companion import answers, clock
from companion.access import fresh, public, signed_in
from companion.accounts import operations, queries
from companion.accounts.models import ADD, SIGN_IN
from companion.accounts.routes import blueprint
from companion.accounts.routes.confirming import NotProven
from companion.accounts.routes.signing_in import (
    TRY_LIMIT,
    remember_browser,
    signed_in_here,
    start_session,
    this_browser,
)
from companion.database import transaction
from companion.extensions import limiter

# A phone asks each time the sign-in page is opened. Wrong tries of others lock nobody out.
OPTIONS_LIMIT = "60 per minute; 600 per hour"


class TooMany(UnprocessableEntity):
    """An account has as many passkeys as it may have."""

    reason = "too_many_passkeys"


@blueprint.post("/sign-in/passkey/options")
@limiter.limit(OPTIONS_LIMIT)
@public
def sign_in_options() -> Any:
    """What a browser needs to ask for a touch of whoever it is; bound to this browser."""
    browser = this_browser()
    with transaction():
        bound_to = queries.token_hash(browser)
        options = _proven(lambda: operations.ask_for_touch(SIGN_IN, bound_to=bound_to, now=clock.now()))
    return remember_browser(jsonify(options), browser)


@blueprint.post("/sign-in/passkey")
@limiter.limit(TRY_LIMIT)
@public
def sign_in_by_touch() -> Any:
    """One touch is a full session: it shows that the device is there and that it is its person."""
    said, now = _said(), clock.now()
    answer, shared = said.get("credential"), said.get("shared_device") is True
    browser = request.cookies.get(queries.browser_cookie_name()) or ""
    with transaction():
        challenge = _proven(lambda: operations.take_challenge(answer))
    bound_to = queries.token_hash(browser)
    _proven(lambda: operations.check_challenge(challenge, purpose=SIGN_IN, bound_to=bound_to, now=now))
    with transaction():
        account = _proven(lambda: operations.touched(answer, challenge, now=now)).account
        operations.set_zone_if_unknown(account, str(said.get("tz", "")))
        token = start_session(account, shared=shared)
    url = queries.local_path(str(said.get("next") or "/"))
    return signed_in_here(jsonify({"url": url}), token, shared=shared)


@blueprint.get("/settings/passkeys/new")
@signed_in
@fresh
def passkey_new() -> str:
    """Say what a passkey is, with the key that makes one."""
    return render_template("accounts/passkey_new.html")


@blueprint.post("/settings/passkeys/options")
@limiter.limit(OPTIONS_LIMIT)
@signed_in
@fresh
def passkey_options() -> Any:
    """What a browser needs to make a passkey."""
    try:
        with transaction():
            name = (g.account.address.email if g.account.address else None) or g.account.name or "MMN Companion"
            bound_to = g.account_session.token_hash
            options = operations.ask_to_add(g.account, name=name, bound_to=bound_to, now=clock.now())
    except operations.PasskeyRefused:
        raise NotProven from None
    except operations.TooManyPasskeys:
        raise TooMany from None
    return jsonify(options)


@blueprint.post("/settings/passkeys")
@limiter.limit(TRY_LIMIT)
@signed_in
@fresh
def passkey_create() -> Any:
    """Keep the passkey that this browser made."""
    answer, now = _said().get("credential"), clock.now()
    with transaction():
        challenge = _proven(lambda: operations.take_challenge(answer))
    bound_to = g.account_session.token_hash
    _proven(lambda: operations.check_challenge(challenge, purpose=ADD, bound_to=bound_to, now=now))
    name = operations.device_name(request.headers.get("User-Agent", "")) or _("Passkey")
    with transaction():
        made = _proven(lambda: operations.add_passkey(g.account, answer, challenge, name=name, now=now))
        operations.close_offer(g.account, now)
    answers.tell(_("From now on one touch signs you in on this device."))
    return make_response(jsonify({"id": made.public_id, "url": url_for("accounts.ways_in")}), HTTPStatus.CREATED)


def _said() -> dict[str, Any]:
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else {}


def _proven(check: Any) -> Any:
    """What a check gives; a refusal is answered without a word of why."""
    try:
        return check()
    except operations.PasskeyRefused:
        raise NotProven from None
