"""Members of a circle as who keeps it sees them: rights changed, removed, asked to keep it; and leaving."""

from http import HTTPStatus
from typing import Any

from flask import abort, g, redirect, render_template, request, url_for
from flask_babel import gettext as _

from companion import answers, clock
from companion.access import decides_who_sees, needs
from companion.circles import forms, operations
from companion.circles.models import Membership, MembershipEnd
from companion.circles.routes import blueprint
from companion.database import transaction
from companion.language import chosen_language


@blueprint.get("/circle/members/<public_id>")
@decides_who_sees(row=Membership)
def member(found: Membership) -> str:
    return _member_page(found, forms.RightsForm.of(found))


@blueprint.post("/circle/members/<public_id>")
@decides_who_sees(row=Membership)
def member_change(found: Membership) -> Any:
    form, ident, before = forms.RightsForm(request.form), found.public_id, found.mark
    if not form.validate():
        return _member_page(found, form), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        with transaction():
            changed = operations.change_rights(
                g.standing.circle,
                ident,
                form.preset.data,
                see_notes=form.notes,
                was=form.was.data or None,
                by=g.account,
                now=clock.now(),
            )
            after = changed.mark
    except operations.ChangedMeanwhile:
        return _member_page(found, forms.RightsForm.of(found), changed=True), HTTPStatus.CONFLICT
    except (operations.MemberIsGone, operations.CircleNeedsSomebody, operations.NotKeeper) as error:
        return _refused(error)
    fields = {"preset": before.partition(" ")[0], "was": after} | ({"see_notes": "y"} if " " in before else {})
    undo = answers.undo(url_for("circles.member_change", public_id=ident), **fields)
    return answers.done(url_for("circles.member", public_id=ident), _("Saved. It counts from now on."), undo)


def _member_page(found: Membership, form: forms.RightsForm, changed: bool = False) -> str:
    return render_template("circles/member_show.html", member=found, form=form, changed=changed)


@blueprint.post("/circle/members/<public_id>/removal")
@decides_who_sees(row=Membership)
def member_removal(found: Membership) -> Any:
    name, ident = found.account.name, found.public_id
    try:
        with transaction():
            end = operations.remove_member(g.standing.circle, ident, by=g.account, now=clock.now()).public_id
    except (operations.MemberIsGone, operations.CircleNeedsSomebody, operations.NotKeeper) as error:
        return _refused(error)
    words = _("%(name)s is out of the circle and sees nothing more.", name=name) if name else _("Removed.")
    return answers.done(_circle_page(), words, answers.undo(url_for("circles.member_return", public_id=end)))


@blueprint.post("/circle/membership-ends/<public_id>/undo")
@decides_who_sees(row=MembershipEnd)
def member_return(end: MembershipEnd) -> Any:
    try:
        with transaction():
            operations.put_back_member(end, by=g.account, now=clock.now())
    except operations.NotKeeper as error:
        return _refused(error)
    except operations.UndoIsLate:
        return answers.done(_circle_page(), _("It is too late to undo this. You can invite the person again."))
    return answers.done(_circle_page(), _("Changed back."))


@blueprint.post("/circle/members/<public_id>/keeping")
@decides_who_sees(row=Membership)
def member_keeping(found: Membership) -> Any:
    """Ask a member to keep the circle. They do once they accept; until then nothing changes."""
    ident, language = found.public_id, chosen_language()
    try:
        with transaction():
            offer = operations.offer_keeping(
                g.standing.circle, ident, by=g.account, language=language, now=clock.now()
            ).public_id
    except (operations.MemberIsGone, operations.CircleNeedsSomebody, operations.NotKeeper) as error:
        return _refused(error)
    except operations.InvitedTooOften:
        return answers.done(_circle_page(), _("You asked several times. Try again in an hour."))
    undo = answers.undo(url_for("circles.invitation_revocation", public_id=offer))
    url = url_for("circles.invitation_show", public_id=offer)
    return answers.done(url, _("Asked. You keep the circle until the answer is yes."), undo)


@blueprint.get("/circle/departure")
@needs("see_dates")
def departure() -> str:
    return render_template("circles/departure.html")


@blueprint.post("/circle/departure")
@needs("see_dates")
def leave() -> Any:
    """Leave the circle; asked twice, as coming back needs an invitation."""
    if request.form.get("sure") != "y":
        return render_template("circles/departure.html"), HTTPStatus.UNPROCESSABLE_ENTITY
    circle, g.standing = g.standing.circle, None
    try:
        with transaction():
            operations.leave_circle(circle, g.account, now=clock.now())
    except operations.MemberIsGone:
        pass
    except operations.CircleNeedsSomebody:
        return redirect(url_for("circles.departure", circle=circle.public_id), HTTPStatus.SEE_OTHER)
    return answers.done(url_for("today.show"), _("You have left the circle."))


def _circle_page() -> str:
    return url_for("circles.show", circle=g.standing.circle.public_id)


def _refused(error: Exception) -> Any:
    """Somebody else was faster, or the place is one that stays as it is."""
    if isinstance(error, operations.NotKeeper):
        abort(HTTPStatus.FORBIDDEN)
    if isinstance(error, operations.MemberIsGone):
        return answers.done(_circle_page(), _("This person is not in the circle any more."))
    return answers.done(_circle_page(), _("The patient and the keeper stay. No circle is without one of them."))
