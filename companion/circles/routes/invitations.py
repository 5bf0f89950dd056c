"""Invitations as who keeps the circle sees them: made, shown with their link, sent again, taken back."""

from http import HTTPStatus
from typing import Any

from flask import abort, g, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from companion import answers, clock
from companion.access import decides_who_sees
from companion.circles import forms, operations, queries
from companion.circles.models import Invitation
from companion.circles.operations.invitations import address_of_page
from companion.circles.routes import blueprint
from companion.consents.models import SHARING
from companion.consents.operations import agree
from companion.database import transaction
from companion.domain.roles import PATIENT
from companion.extensions import limiter
from companion.language import chosen_language
from companion.submissions import once

INVITE_LIMIT = "20 per minute; 120 per hour"
"""By address of the network, as for sign-in mails; the real limits are those of an address and of an account."""


@blueprint.get("/circle/invitations/new")
@decides_who_sees()
def invitation_new() -> str:
    preset = request.args.get("preset", "")
    language = (g.standing.circle.language if preset == PATIENT else None) or chosen_language()
    return _new_page(_form(data={"language": language, "preset": preset}))


@blueprint.post("/circle/invitations")
@limiter.limit(INVITE_LIMIT)
@decides_who_sees()
@once
def invitation_create() -> Any:
    form = _form(request.form)
    if not form.validate():
        return _new_page(form), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        made = operations.invite(
            g.standing.circle,
            g.account,
            email=form.email.data,
            preset=form.preset.data,
            see_notes=form.notes,
            language=form.language.data,
            now=clock.now(),
        )
    except operations.NotKeeper:
        abort(HTTPStatus.FORBIDDEN)
    except operations.OwnAddress:
        return _refused(form, _("This is your own address."))
    except operations.AlreadyMember:
        return _refused(form, _("This person is in the circle already."))
    except operations.CircleNeedsSomebody:
        form.preset.errors = [_("The patient has an account here by now.")]
        return _new_page(form), HTTPStatus.UNPROCESSABLE_ENTITY
    except operations.InvitedTooOften as often:
        form.email.errors = [_too_often_words(often)]
        return _new_page(form), HTTPStatus.TOO_MANY_REQUESTS
    agree(
        g.account,
        request.form.getlist("consent"),
        asked=(SHARING,),
        circle_id=g.standing.circle.id,
        language=chosen_language(),
        now=clock.now(),
    )
    undo = answers.undo(url_for("circles.invitation_revocation", public_id=made.public_id))
    url = url_for("circles.invitation_show", public_id=made.public_id)
    return answers.saved(made.public_id, url, _("The invitation is made."), undo)


def _form(*args: Any, **kwargs: Any) -> forms.InvitationForm:
    return forms.InvitationForm(*args, with_patient=g.standing.circle.patient_account_id is None, **kwargs)


def _new_page(form: forms.InvitationForm) -> str:
    return render_template("circles/invitation_new.html", form=form)


def _refused(form: forms.InvitationForm, words: str) -> Any:
    form.email.errors = [words]
    return _new_page(form), HTTPStatus.UNPROCESSABLE_ENTITY


def _too_often_words(often: operations.InvitedTooOften) -> str:
    minutes = max(1, -(-int((often.again_at - clock.now()).total_seconds()) // 60))
    words: str = ngettext(
        "That is enough mail for now. Try again in %(num)s minute, or send the link yourself.",
        "That is enough mail for now. Try again in %(num)s minutes, or send the link yourself.",
        minutes,
    )
    return words


@blueprint.get("/circle/invitations/<public_id>")
@decides_who_sees(row=Invitation)
def invitation_show(invitation: Invitation) -> str:
    now = clock.now()
    return render_template(
        "circles/invitation_show.html",
        invitation=invitation,
        state=invitation.state_at(now),
        mail=queries.mail_state(invitation),
        link=address_of_page(invitation, None),
        member=queries.member_with(invitation.circle, invitation.email_hash),
    )


@blueprint.post("/circle/invitations/<public_id>/mails")
@limiter.limit(INVITE_LIMIT)
@decides_who_sees(row=Invitation)
def invitation_again(invitation: Invitation) -> Any:
    here = url_for("circles.invitation_show", public_id=invitation.public_id)
    try:
        with transaction():
            operations.send_again(invitation, g.account, clock.now())
    except operations.NotKeeper:
        abort(HTTPStatus.FORBIDDEN)
    except operations.CircleNeedsSomebody:
        return answers.done(here, _("This invitation was answered or taken back. Nothing was sent."))
    except operations.InvitedTooOften as often:
        return answers.done(here, _too_often_words(often))
    return answers.done(here, _("The mail goes out again. It is good for 7 days."))


@blueprint.post("/circle/invitations/<public_id>/revocation")
@decides_who_sees(row=Invitation)
def invitation_revocation(invitation: Invitation) -> Any:
    try:
        with transaction():
            taken_back = operations.take_back_invitation(invitation, g.account, clock.now())
    except operations.NotKeeper:
        abort(HTTPStatus.FORBIDDEN)
    here = url_for("circles.show", circle=g.standing.circle.public_id)
    if not taken_back:
        return answers.done(here, _("It was accepted already. You can remove the person from the circle."))
    undo = answers.undo(url_for("circles.invitation_restoration", public_id=invitation.public_id))
    return answers.done(here, _("The invitation is taken back. Its link does not work any more."), undo)


@blueprint.post("/circle/invitations/<public_id>/restoration")
@decides_who_sees(row=Invitation)
def invitation_restoration(invitation: Invitation) -> Any:
    try:
        with transaction():
            reopened = operations.reopen_invitation(invitation, g.account, clock.now())
    except operations.NotKeeper:
        abort(HTTPStatus.FORBIDDEN)
    here = url_for("circles.invitation_show", public_id=invitation.public_id)
    return answers.done(here, _("The invitation is open again.") if reopened else _("It is too late to undo this."))
