"""Sign-in as one of the sample people. This route exists in the demonstration only."""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, g, redirect, request, url_for

from companion import clock
from companion.access import carried_request, go_on, public, signed_in
from companion.accounts import operations as accounts
from companion.accounts.queries import session_cookie
from companion.database import transaction
from companion.demo import queries

blueprint = Blueprint("demo", __name__)


@blueprint.post("/demo/sign-in")
@public
def sign_in() -> Any:
    """Open a session as Ana, Ben, Vera or Sam, and end the one before."""
    person, now = request.form.get("person", ""), clock.now()
    account = queries.account_of(person) if person in queries.ADDRESSES else None
    if account is None:
        abort(HTTPStatus.UNPROCESSABLE_ENTITY)
    device = accounts.device_name(request.headers.get("User-Agent", ""))
    with transaction():
        if g.get("account_session") is not None:
            accounts.end_session(g.account_session, now)
        token = accounts.open_session(account, shared_device=False, device=device, now=now)
    response = redirect(url_for("today.show"), HTTPStatus.SEE_OTHER)
    response.set_cookie(value=token, **session_cookie(shared_device=False))
    return response


@blueprint.post("/demo/confirmation")
@signed_in
def confirm() -> Any:
    """The page that asks whether it is you, in the demonstration: one press says yes."""
    with transaction():
        token = accounts.open_fully(g.account_session, clock.now())
    response = go_on(carried_request())
    response.set_cookie(value=token, **session_cookie(g.account_session.shared_device))
    return response
