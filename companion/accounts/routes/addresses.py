"""Another mail address: typed, then shown by a code that was sent there."""

from http import HTTPStatus
from typing import Any

from flask import current_app, g, render_template, request, url_for
from flask_babel import gettext as _

from companion import answers, clock
from companion.access import fresh, signed_in
from companion.accounts import forms, operations, queries
from companion.accounts.models import ADDRESS, SignInRequest
from companion.accounts.routes import blueprint
from companion.accounts.routes.signing_in import ASK_LIMIT, TRY_LIMIT, remember_browser, this_browser, wrong_code
from companion.database import transaction
from companion.delivery.jobs import send_now
from companion.extensions import limiter
from companion.language import chosen_language


@blueprint.get("/settings/email")
@signed_in
@fresh
def address() -> str:
    """Ask for the new address."""
    return _page(forms.AddressForm())


@blueprint.post("/settings/email")
@limiter.limit(ASK_LIMIT)
@signed_in
@fresh
def address_ask() -> Any:
    """Mail a code to the new address. Whether it is known here is not told."""
    form, browser = forms.AddressForm(request.form), this_browser()
    if not form.validate():
        return _page(form), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        send_now(_plan_mail(form.email.data, browser))
    except operations.AskedTooOften:
        form.email.errors = [_("You asked for many codes this hour. Use the newest mail, or wait a while.")]
        return _page(form), HTTPStatus.TOO_MANY_REQUESTS
    page = _code_page(forms.CodeForm(), form.email.data)
    return remember_browser(current_app.make_response(page), browser)


def _plan_mail(email: str, browser: str) -> int:
    now = clock.now()
    with transaction():
        asked = operations.request_sign_in(
            email,
            browser=_mine(browser),
            language=chosen_language(),
            next_url="/",
            shared_device=False,
            purpose=ADDRESS,
            now=now,
        )
        return operations.plan_sign_in_mail(asked, now).id


@blueprint.post("/settings/email/code")
@limiter.limit(TRY_LIMIT)
@signed_in
@fresh
def address_try_code() -> Any:
    """Try the code; the old address is told before it goes."""
    form, waiting = forms.CodeForm(request.form), _waiting()
    if not waiting:
        return _page(forms.AddressForm(), ended=True), HTTPStatus.GONE
    email = waiting[0].email or ""
    if not form.validate():
        return _code_page(form, email), HTTPStatus.UNPROCESSABLE_ENTITY
    with transaction():
        fitting = operations.try_code(waiting, form.code.data, clock.now())
    if fitting is None:
        form.code.errors = [wrong_code(max((asked.tries_left for asked in _waiting()), default=0))]
        return _code_page(form, email), HTTPStatus.UNPROCESSABLE_ENTITY
    return _change(fitting)


def _change(fitting: SignInRequest) -> Any:
    with transaction():
        farewell = operations.plan_farewell(g.account, clock.now())
        planned = farewell.id if farewell else None
    if planned is not None:
        send_now(planned)
    try:
        with transaction():
            operations.change_address(g.account, fitting, clock.now())
    except operations.AddressTaken:
        form = forms.AddressForm()
        form.email.errors = [_("This address has an account of its own. Use another address, or sign in with it.")]
        return _page(form), HTTPStatus.CONFLICT
    except operations.RequestClosed:
        return _page(forms.AddressForm(), ended=True), HTTPStatus.GONE
    return answers.done(url_for("accounts.ways_in"), _("Mail goes to the new address from now on."))


def _mine(browser: str) -> str:
    """A code counts in the browser that asked, for the account that asked."""
    return f"{browser}:{g.account.public_id}"


def _waiting() -> list[SignInRequest]:
    browser = request.cookies.get(queries.browser_cookie_name())
    return queries.open_requests(_mine(browser), clock.now(), ADDRESS) if browser else []


def _page(form: forms.AddressForm, ended: bool = False) -> str:
    return render_template("accounts/address_edit.html", form=form, ended=ended)


def _code_page(form: forms.CodeForm, email: str) -> str:
    unsent = current_app.config["COMPANION"].smtp_url is None
    return render_template("accounts/address_code.html", form=form, email=email, unsent=unsent)
