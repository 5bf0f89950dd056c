"""Sign-in by mail, sign-out, settings."""

import secrets
from http import HTTPStatus
from typing import Any

from flask import abort, current_app, g, jsonify, redirect, render_template, request, session, url_for
from flask_babel import force_locale, ngettext
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError, OperationalError
from werkzeug.wrappers import Response

from companion import answers, clock, places
from companion.access import public, signed_in, wants_json
from companion.accounts import forms, operations, queries
from companion.accounts.models import Account, AccountSession, SignInRequest
from companion.accounts.routes import blueprint
from companion.database import transaction
from companion.delivery.jobs import send_now
from companion.extensions import db, limiter
from companion.language import chosen_language

# By address of the network. Behind a proxy all people may share one, so the real limits are those of a mail address.
ASK_LIMIT = "20 per minute; 120 per hour"
TRY_LIMIT = "30 per minute; 240 per hour"
BROWSER_LIFE = operations.CODE_LIFE * 6


@blueprint.get("/sign-in")
@public
def sign_in() -> Any:
    next_url = queries.local_path(request.args.get("next"))
    if g.account is not None:
        return redirect(next_url, HTTPStatus.SEE_OTHER)
    return _ask_page(forms.EmailForm(data={"next": next_url}))


@blueprint.post("/sign-in")
@limiter.limit(ASK_LIMIT)
@public
def sign_in_ask() -> Any:
    form = forms.EmailForm(request.form)
    if not form.validate():
        return _ask_page(form), HTTPStatus.UNPROCESSABLE_ENTITY
    browser = this_browser()
    try:
        send_now(_plan_mail(form, browser))
    except operations.AskedTooOften as often:
        return _asked_too_often(form, often)
    return remember_browser(redirect(url_for("accounts.sign_in_code"), HTTPStatus.SEE_OTHER), browser)


def this_browser() -> str:
    """The name that ties what was asked to the browser that asked; a new one where it has none."""
    return request.cookies.get(queries.browser_cookie_name()) or secrets.token_urlsafe(32)


def remember_browser(response: Any, browser: str) -> Any:
    """Let the browser keep its name for an hour."""
    settings = {"max_age": BROWSER_LIFE, **queries.cookie_settings()}
    response.set_cookie(queries.browser_cookie_name(), browser, **settings)
    return response


def _ask_page(form: forms.EmailForm) -> str:
    return render_template("accounts/sign_in_ask.html", form=form)


def _plan_mail(form: forms.EmailForm, browser: str) -> int:
    """Note the request and plan its mail; a second try where two browsers made the same address known at once."""
    try:
        return _plan_mail_once(form, browser)
    except IntegrityError:
        return _plan_mail_once(form, browser)


def _plan_mail_once(form: forms.EmailForm, browser: str) -> int:
    now = clock.now()
    with transaction():
        asked = operations.request_sign_in(
            form.email.data,
            browser=browser,
            language=chosen_language(),
            next_url=queries.local_path(form.next.data),
            shared_device=form.shared_device.data,
            now=now,
        )
        return operations.plan_sign_in_mail(asked, now).id


def _asked_too_often(form: forms.EmailForm, often: operations.AskedTooOften) -> Any:
    seconds = max(1, int((often.again_at - clock.now()).total_seconds()) + 1)
    minutes = -(-seconds // 60)
    words = ngettext(
        "This address had 3 mails this hour. Use the newest one, or ask again in %(num)s minute.",
        "This address had 3 mails this hour. Use the newest one, or ask again in %(num)s minutes.",
        minutes,
    )
    form.email.errors = [words]
    return _ask_page(form), HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": str(seconds)}


@blueprint.get("/sign-in/code")
@public
def sign_in_code() -> Any:
    waiting = _waiting_requests()
    if not waiting:
        return redirect(url_for("today.show" if g.account else "accounts.sign_in"), HTTPStatus.SEE_OTHER)
    return _code_page(forms.CodeForm(), waiting[0])


@blueprint.post("/sign-in/code")
@limiter.limit(TRY_LIMIT)
@public
def sign_in_try_code() -> Any:
    waiting = _waiting_requests()
    if not waiting:
        return _ended("expired")
    form = forms.CodeForm(request.form)
    if not form.validate():
        return _code_page(form, waiting[0]), HTTPStatus.UNPROCESSABLE_ENTITY
    with transaction():
        fitting = operations.try_code(waiting, form.code.data, clock.now())
    if fitting is not None:
        return _let_in(fitting)
    waiting = _waiting_requests()
    if not waiting:
        return _ended("tries")
    form.code.errors = [wrong_code(max(asked.tries_left for asked in waiting))]
    return _code_page(form, waiting[0]), HTTPStatus.UNPROCESSABLE_ENTITY


def _waiting_requests() -> list[SignInRequest]:
    return queries.open_requests(request.cookies.get(queries.browser_cookie_name()), clock.now())


def _code_page(form: forms.CodeForm, asked: SignInRequest) -> str:
    unsent = current_app.config["COMPANION"].smtp_url is None
    return render_template("accounts/sign_in_code.html", form=form, asked=asked, unsent=unsent)


def wrong_code(tries_left: int) -> str:
    """What is said of a code that does not fit."""
    words: str = ngettext(
        "This is not the code. Look at the newest mail. %(num)s try is left.",
        "This is not the code. Look at the newest mail. %(num)s tries are left.",
        tries_left,
    )
    return words


@blueprint.get("/sign-in/link/<token>")
@public
def sign_in_link(token: str) -> Any:
    """Changes nothing: mail programs open links too. Another browser than the asking one sees the code."""
    asked = queries.request_of_token(token)
    reason = _why_closed(asked)
    if asked is None or reason:
        return _ended(reason)
    here = queries.is_asking_browser(asked, request.cookies.get(queries.browser_cookie_name()))
    code = "" if here else queries.code_of(asked)
    return render_template("accounts/sign_in_link.html", asked=asked, code=code, token=token)


@blueprint.post("/sign-in/link/<token>")
@limiter.limit(TRY_LIMIT)
@public
def sign_in_use_link(token: str) -> Any:
    asked = queries.request_of_token(token)
    reason = _why_closed(asked)
    if asked is None or reason:
        return _ended(reason)
    if not queries.is_asking_browser(asked, request.cookies.get(queries.browser_cookie_name())):
        return redirect(url_for("accounts.sign_in_link", token=token), HTTPStatus.SEE_OTHER)
    return _let_in(asked)


def _why_closed(asked: SignInRequest | None) -> str:
    if asked is None:
        return "unknown"
    if asked.used_at is not None:
        return "used"
    if asked.tries_left <= 0:
        return "tries"
    return "" if queries.is_open(asked, clock.now()) else "expired"


def _ended(reason: str) -> Any:
    status = HTTPStatus.NOT_FOUND if reason == "unknown" else HTTPStatus.GONE
    return render_template("accounts/sign_in_end.html", reason=reason), status


def _let_in(asked: SignInRequest) -> Any:
    """Close the request, start a fresh session and go on to where the person wanted to go."""
    now = clock.now()
    try:
        with transaction():
            account = operations.use_request(asked, now)
            is_new_device = not queries.knows_device(account, request.cookies.get(queries.session_cookie_name()))
            operations.set_zone_if_unknown(account, request.form.get("tz", ""))
            shared, limited = asked.shared_device, account.has_passkey and is_new_device
            token = start_session(account, shared=shared, limited=limited, fresh=not account.has_passkey)
    except operations.RequestClosed:
        return _ended("used")
    response = redirect(queries.local_path(asked.next_url), HTTPStatus.SEE_OTHER)
    return signed_in_here(response, token, shared=asked.shared_device)


def start_session(account: Account, *, shared: bool, limited: bool = False, fresh: bool = True) -> str:
    """A session of this browser instead of the one that it had; inside a transaction."""
    now, old = clock.now(), g.get("account_session")
    token = operations.open_session(
        account,
        shared_device=shared,
        device=operations.device_name(request.headers.get("User-Agent", "")),
        device_id=request.cookies.get(queries.device_cookie_name()),
        limited=limited,
        fresh=fresh,
        now=now,
    )
    if old is not None:  # this browser has a new token; the one before must not live on
        operations.end_session(old, now)
    return token


def signed_in_here(response: Any, token: str, *, shared: bool) -> Any:
    """Give the browser its session; what tied an earlier wish to it is of no use any more."""
    response.set_cookie(value=token, **queries.session_cookie(shared))
    response.delete_cookie(queries.browser_cookie_name(), **queries.cookie_settings())
    return response


@blueprint.post("/sign-out")
@public
def sign_out() -> Response:
    """Also works when the session is over: a waiting phone may send this late. This device gets no more messages.

    A script gets JSON, so that no other page can pass for the answer. With `keep` the browser keeps its storage,
    which then holds only sealed check-ins that were not sent yet.
    """
    found: AccountSession | None = g.get("account_session")
    device_id = request.cookies.get(queries.device_cookie_name())
    if found is not None or device_id:
        with transaction():
            if found is not None:
                operations.end_session(found, clock.now())
            operations.stop_messages(device_id, clock.now())
    session.clear()
    words = _("You are signed out.")
    response: Response = jsonify({"signed_out": True})
    if not wants_json():
        response = answers.done(url_for("today.show"), words)
    elif answers.opens_page():
        answers.tell(words)
    response.delete_cookie(queries.device_cookie_name(), **queries.cookie_settings())
    response.delete_cookie(queries.session_cookie_name(), **queries.cookie_settings())
    response.headers["Clear-Site-Data"] = '"cache"' if request.form.get("keep") == "1" else '"cache", "storage"'
    return response


@blueprint.get("/settings")
@signed_in
def settings() -> str:
    return render_template(
        "accounts/settings_show.html",
        account=g.account,
        zone=places.zone_name(g.account.tz),
    )


@blueprint.get("/settings/<group>")
@signed_in
def preference(group: str) -> str:
    return _preference_page(group, _preference_form(group)(data=forms.shown_preferences(g.account)))


@blueprint.post("/settings/<group>")
@signed_in
def save_preference(group: str) -> Any:
    form = _preference_form(group)(request.form)
    if not form.validate():
        return _preference_page(group, form), HTTPStatus.UNPROCESSABLE_ENTITY
    with transaction():
        before = operations.change_preferences(g.account, **form.values())
    language = form.data.get("language") or chosen_language()
    with force_locale(language):
        message = _("Saved.")
    back: answers.Undo | None = None
    if before.get("language", True):  # an account that never chose one has nothing to go back to
        back = answers.undo(url_for("accounts.save_preference", group=group), **_as_fields(before))
    shown = language if group == "language" else None
    return answers.done(url_for("accounts.settings", lang=shown), message, back)


def _preference_form(group: str) -> type[forms.PreferenceForm]:
    if group not in forms.PREFERENCES:
        abort(HTTPStatus.NOT_FOUND)
    return forms.PREFERENCES[group]


def _preference_page(group: str, form: forms.PreferenceForm) -> str:
    template = f"accounts/{group.replace('-', '_')}_edit.html"
    return render_template(template, form=form, group=group, zones=places.zone_options)


def _as_fields(values: dict[str, Any]) -> dict[str, str]:
    """Old values as the form would send them; an unticked box and an empty text send nothing."""
    return {name: "y" if value is True else str(value) for name, value in values.items() if value}


@blueprint.post("/settings/email/again")
@signed_in
def try_address_again() -> Response:
    """A mail came back; its owner says that the mailbox works by now."""
    with transaction():
        operations.try_address_again(g.account)
    return answers.done(url_for("accounts.settings"), _("Mail goes to this address again."))


@blueprint.after_app_request
def note_seen(response: Response) -> Response:
    """Keep the session's last sign of life fresh, in a transaction of its own and not with every request."""
    found: AccountSession | None = g.get("account_session")
    now = clock.now()
    if request.endpoint == "static" or found is None:
        return response
    # What a script asks for by itself is no sign of a hand.
    by_hand = request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
    used = by_hand and operations.needs_use_noted(found, now)
    if not used and not operations.needs_to_be_seen(found, now):
        return response
    session_id, account_id = found.id, found.account_id
    try:
        db.session.rollback()
        with transaction():
            operations.note_seen(session_id, now, used=used)
            operations.bind_device(session_id, account_id, request.cookies.get(queries.device_cookie_name()))
    except OperationalError:
        db.session.rollback()
    return response


@blueprint.after_request
def say_when_to_come_back(response: Response) -> Response:
    """The rate limit of the network address tells when it ends."""
    limit = limiter.current_limit
    if response.status_code == HTTPStatus.TOO_MANY_REQUESTS and limit is not None:
        wait = max(1, int(limit.reset_at - clock.now().timestamp()) + 1)
        response.headers.setdefault("Retry-After", str(wait))
    return response
