"""An invitation as the invited person sees it. Its address works only for who signed in by the invited address."""

from http import HTTPStatus
from typing import Any

from flask import abort, g, redirect, render_template, request, url_for
from flask_babel import gettext as _

from companion import answers, clock
from companion.access import signed_in
from companion.accounts.operations import change_preferences
from companion.circles import forms, operations, queries
from companion.circles.models import ACCEPTED, DECLINED, OPEN, Invitation
from companion.circles.routes import blueprint
from companion.database import transaction
from companion.domain.roles import FULL_HELP


@blueprint.get("/invitations/<token>")
@signed_in
def invitation(token: str) -> Any:
    """Who invites, to what, and what will be seen. Another account finds nothing here, as with a made-up address."""
    found = _invitation(token)
    return _page(found, forms.JoinForm(data={"preset": FULL_HELP}))


@blueprint.post("/invitations/<token>/acceptance")
@signed_in
def invitation_accept(token: str) -> Any:
    found = _invitation(token)
    form = forms.JoinForm(request.form, takes_over=found.hands_over)
    if not form.validate():
        return _page(found, form), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        with transaction():
            if form.name.data and not g.account.name:
                change_preferences(g.account, name=form.name.data)
            member = operations.accept_invitation(
                found,
                g.account,
                before=form.preset.data or FULL_HELP,
                before_sees_notes=form.notes,
                now=clock.now(),
            )
            circle = member.circle.public_id
    except operations.AlreadyPatient:
        form.preset.errors = []
        return _page(found, form, has_own=True), HTTPStatus.CONFLICT
    except operations.InvitationClosed:
        return redirect(url_for("circles.invitation", token=token), HTTPStatus.SEE_OTHER)
    return answers.done(url_for("circles.show", circle=circle), _("You are in. Welcome."))


@blueprint.post("/invitations/<token>/refusal")
@signed_in
def invitation_refuse(token: str) -> Any:
    found = _invitation(token)
    with transaction():
        operations.decline_invitation(found, clock.now())
    return redirect(url_for("circles.invitation", token=token), HTTPStatus.SEE_OTHER)


def _invitation(token: str) -> Invitation:
    found = queries.invitation_of_token(token, g.account)
    if found is None:
        abort(HTTPStatus.NOT_FOUND)
    return found


def _page(found: Invitation, form: forms.JoinForm, has_own: bool = False) -> Any:
    """The page of an open invitation, or of one that is over: then it says why, and is 410 unless it was answered."""
    state = queries.state_for_reader(found, clock.now())
    member = next((m for m in queries.memberships_of(g.account) if m.circle_id == found.circle_id), None)
    if state != OPEN:
        page = render_template("circles/invitation_over.html", invitation=found, state=state, member=member)
        return page, HTTPStatus.OK if state in (ACCEPTED, DECLINED) else HTTPStatus.GONE
    return render_template(
        "circles/invitation_answer.html",
        invitation=found,
        form=form,
        member=member,
        has_own=has_own,
        keepers=[m for m in found.circle.memberships if m.holds_circle and m.account_id != g.account.id],
    )
