"""The page "Ways to sign in": passkeys, mail, recovery codes, and where one is signed in."""

from http import HTTPStatus
from typing import Any

from flask import abort, g, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from companion import answers, clock
from companion.access import fresh, signed_in
from companion.accounts import forms, operations, queries
from companion.accounts.models import Passkey
from companion.accounts.routes import blueprint
from companion.database import transaction


@blueprint.get("/settings/sign-in")
@signed_in
def ways_in() -> str:
    """What opens this account, and where it is open."""
    return render_template(
        "accounts/ways_in.html",
        account=g.account,
        passkeys=queries.passkeys_of(g.account),
        codes_left=queries.recovery_codes_left(g.account),
        sessions=queries.sessions_of(g.account, clock.now()),
        this_session=g.account_session,
    )


@blueprint.get("/settings/passkeys/<passkey_id>")
@signed_in
def passkey(passkey_id: str) -> str:
    """One passkey: its name, and the way to remove it."""
    return _passkey_page(_mine(passkey_id))


@blueprint.post("/settings/passkeys/<passkey_id>")
@signed_in
def passkey_rename(passkey_id: str) -> Any:
    """Call a passkey something else."""
    found, form = _mine(passkey_id), forms.PasskeyNameForm(request.form)
    if not form.validate():
        return _passkey_page(found, form), HTTPStatus.UNPROCESSABLE_ENTITY
    with transaction():
        before = operations.rename_passkey(found, form.name.data or found.name)
    undo = answers.undo(url_for("accounts.passkey_rename", passkey_id=passkey_id), name=before)
    return answers.done(url_for("accounts.ways_in"), _("Saved."), undo)


@blueprint.post("/settings/passkeys/<passkey_id>/removal")
@signed_in
@fresh
def passkey_remove(passkey_id: str) -> Any:
    """Remove a passkey; the last one stays while mail does not reach the account."""
    found = _mine(passkey_id)
    try:
        with transaction():
            operations.remove_passkey(found, clock.now())
    except operations.LastWayIn:
        return _passkey_page(found, is_last=True), HTTPStatus.CONFLICT
    return answers.done(url_for("accounts.ways_in"), _("The passkey is removed. It opens nothing here any more."))


def _mine(passkey_id: str) -> Passkey:
    found = queries.passkey_of(g.account, passkey_id)
    if found is None:
        abort(HTTPStatus.NOT_FOUND)
    return found


def _passkey_page(found: Passkey, form: forms.PasskeyNameForm | None = None, is_last: bool = False) -> str:
    form = form or forms.PasskeyNameForm(data={"name": found.name})
    return render_template("accounts/passkey_show.html", passkey=found, form=form, is_last=is_last)


@blueprint.post("/settings/passkey-offer")
@signed_in
def close_offer() -> Response:
    """Do not offer a passkey again."""
    with transaction():
        operations.close_offer(g.account, clock.now())
    return answers.done(url_for("today.show"), _("Fine. You find it in the settings, under “Ways to sign in”."))


@blueprint.get("/settings/recovery-codes")
@signed_in
def recovery_codes() -> str:
    """What recovery codes are for, and how many are left."""
    return render_template("accounts/recovery_codes.html", left=queries.recovery_codes_left(g.account))


@blueprint.post("/settings/recovery-codes")
@signed_in
@fresh
def make_recovery_codes() -> str:
    """Eight new codes, on a page to print; they are shown this once."""
    with transaction():
        codes = operations.make_codes(g.account, clock.now())
    return render_template("accounts/recovery_codes.html", codes=codes, left=len(codes))


@blueprint.post("/settings/sessions/<session_id>/end")
@signed_in
def end_session(session_id: str) -> Response:
    """Sign another device out. A session of somebody else is answered as if there were none."""
    live = {row.public_id: row for row in queries.sessions_of(g.account, clock.now())}
    if session_id not in live:
        abort(HTTPStatus.NOT_FOUND)
    with transaction():
        stopped = operations.end_other_session(live[session_id], clock.now())
    if stopped:
        words = _("That device is signed out and gets no more messages.")
        return answers.done(url_for("accounts.ways_in"), words)
    if queries.has_unbound_devices(g.account):
        words = _("That device is signed out. If messages come to it, remove it here too.")
        return answers.done(url_for("devices.index"), words)
    return answers.done(url_for("accounts.ways_in"), _("That device is signed out."))
