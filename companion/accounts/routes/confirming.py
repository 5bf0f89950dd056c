"""Showing that it is you: by a touch, else a mailed code or a recovery code. Opens what is locked or limited."""

from http import HTTPStatus
from typing import Any

from flask import current_app, g, jsonify, render_template, request
from flask_babel import gettext as _
from werkzeug.exceptions import UnprocessableEntity

from companion import clock
from companion.access import STEP_UP, Kept, carried_request, confirm_page, go_on, signed_in, stays_open
from companion.accounts import forms, operations, queries
from companion.accounts.models import CONFIRM, SignInRequest
from companion.accounts.queries import LIMITED, LOCKED
from companion.accounts.routes import blueprint
from companion.accounts.routes.signing_in import ASK_LIMIT, TRY_LIMIT, remember_browser, this_browser, wrong_code
from companion.database import transaction
from companion.delivery.jobs import send_now
from companion.extensions import limiter
from companion.language import chosen_language

CODE_TRIES = "10 per hour"
"""Recovery codes, by account."""


class NotProven(UnprocessableEntity):
    """A touch that proves nothing here."""

    reason = "passkey_refused"


@blueprint.get("/confirm")
@stays_open(LOCKED, LIMITED)
@signed_in
def confirm() -> Any:
    """Ask whether it is you, and go on to `?next=`."""
    return confirm_page(g.closed or STEP_UP, Kept(queries.local_path(request.args.get("next"))))


@blueprint.post("/confirm/passkey/options")
@limiter.limit(TRY_LIMIT)
@stays_open(LOCKED, LIMITED)
@signed_in
def confirm_options() -> Any:
    """What the browser needs to ask for a touch of this account."""
    with transaction():
        options = operations.ask_for_touch(
            CONFIRM, bound_to=g.account_session.token_hash, account=g.account, now=clock.now()
        )
    return jsonify(options)


@blueprint.post("/confirm/passkey")
@limiter.limit(TRY_LIMIT)
@stays_open(LOCKED, LIMITED)
@signed_in
def confirm_by_touch() -> Any:
    """Check the touch; the script then sends on what waited."""
    answer, now = (request.get_json(silent=True) or {}).get("credential"), clock.now()
    try:
        with transaction():
            challenge = operations.take_challenge(answer)
        operations.check_challenge(challenge, purpose=CONFIRM, bound_to=g.account_session.token_hash, now=now)
        with transaction():
            operations.touched(answer, challenge, account=g.account, now=now)
            token = operations.open_fully(g.account_session, now)
    except operations.PasskeyRefused:
        raise NotProven from None
    return _with_token(jsonify({"confirmed": True}), token)


@blueprint.post("/confirm/mail")
@limiter.limit(ASK_LIMIT)
@stays_open(LOCKED)
@signed_in
def confirm_mail() -> Any:
    """Mail a code to the account's own address and ask for it."""
    kept, address = carried_request(), g.account.address
    if address is None:
        return _again(kept, no_mail=_("There is no email address here to write to.")), HTTPStatus.UNPROCESSABLE_ENTITY
    browser = this_browser()
    try:
        with transaction():
            asked = operations.request_sign_in(
                address.email,
                browser=browser,
                language=chosen_language(),
                next_url="/",
                shared_device=g.account_session.shared_device,
                purpose=CONFIRM,
                now=clock.now(),
            )
            planned = operations.plan_sign_in_mail(asked, clock.now()).id
        send_now(planned)
    except operations.AskedTooOften:
        words = _("You asked for many codes this hour. Use the newest mail, or wait a while.")
        return _again(kept, no_mail=words), HTTPStatus.TOO_MANY_REQUESTS
    return remember_browser(current_app.make_response(_code_page(forms.CodeForm(), kept)), browser)


@blueprint.post("/confirm/code")
@limiter.limit(TRY_LIMIT)
@stays_open(LOCKED)
@signed_in
def confirm_code() -> Any:
    """Try the mailed code."""
    kept, form, waiting = carried_request(), forms.CodeForm(request.form), _waiting_requests()
    if not waiting:
        return _again(kept, no_mail=_("That code is too old. Ask for a new one.")), HTTPStatus.GONE
    if not form.validate():
        return _code_page(form, kept), HTTPStatus.UNPROCESSABLE_ENTITY
    with transaction():
        fitting = operations.try_code(waiting, form.code.data, clock.now())
    if fitting is None:
        left = _waiting_requests()
        if not left:
            return _again(kept, no_mail=_("Too many wrong codes. Ask for a new one.")), HTTPStatus.GONE
        form.code.errors = [wrong_code(max(asked.tries_left for asked in left))]
        return _code_page(form, kept), HTTPStatus.UNPROCESSABLE_ENTITY
    with transaction():
        operations.use_request(fitting, clock.now())
        token = operations.open_fully(g.account_session, clock.now())
    return _with_token(go_on(kept), token)


@blueprint.post("/confirm/recovery-code")
@limiter.limit(CODE_TRIES, key_func=lambda: f"recovery:{g.account.id if g.account else ''}")
@limiter.limit(TRY_LIMIT)
@stays_open(LOCKED, LIMITED)
@signed_in
def confirm_recovery_code() -> Any:
    """Try a code from the sheet of paper."""
    kept, form = carried_request(), forms.RecoveryCodeForm(request.form)
    if not form.validate():
        return _again(kept, code_form=form), HTTPStatus.UNPROCESSABLE_ENTITY
    with transaction():
        fits = operations.use_code(g.account, form.recovery_code.data or "", clock.now())
        token = operations.open_fully(g.account_session, clock.now()) if fits else None
    if token is None:
        form.recovery_code.errors = [_("This is none of your codes, or it was used. Try another one.")]
        return _again(kept, code_form=form), HTTPStatus.UNPROCESSABLE_ENTITY
    return _with_token(go_on(kept), token)


def _again(kept: Kept, **more: Any) -> str:
    return confirm_page(g.closed or STEP_UP, kept, **more)


def _code_page(form: forms.CodeForm, kept: Kept) -> str:
    unsent = current_app.config["COMPANION"].smtp_url is None
    return render_template("accounts/confirm_code.html", form=form, kept=kept, unsent=unsent)


def _waiting_requests() -> list[SignInRequest]:
    browser = request.cookies.get(queries.browser_cookie_name())
    found = queries.open_requests(browser, clock.now(), CONFIRM)
    return [asked for asked in found if asked.account_id == g.account.id]


def _with_token(response: Any, token: str) -> Any:
    response.set_cookie(value=token, **queries.session_cookie(g.account_session.shared_device))
    return response
