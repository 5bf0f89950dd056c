"""Who drives, stays and picks up: claim it, give it back, ask somebody, answer, name somebody outside the app."""

from collections.abc import Callable
from typing import Any

from flask import abort, g, render_template, request, url_for
from flask_babel import gettext as _

from companion import answers, clock
from companion.access import needs
from companion.circles.models import Membership
from companion.database import transaction
from companion.infusions.models import Infusion
from companion.preparations import operations, queries, words
from companion.preparations.forms import NAME, NOT_NEEDED, OPEN, DutyForm, RoleForm
from companion.preparations.models import ROLES, PreparationChange
from companion.preparations.operations import DutyTaken, NotOnDuty, OfferIsGone
from companion.preparations.routes import blueprint
from companion.preparations.routes.shared import refuse_cancelled, undo_of
from companion.submissions import once

YES, NO = "yes", "no"


@blueprint.get("/infusions/<public_id>/duties")
@needs("see_dates", row=Infusion)
def duties(infusion: Infusion) -> Any:
    """Every duty of a course, day by day."""
    refuse_cancelled(infusion)
    return render_template("preparations/duties_show.html", infusion=infusion, duties=queries.day_duties(infusion))


@blueprint.post("/infusions/<public_id>/duties/claim")
@needs("answer", row=Infusion)
@once
def claim(infusion: Infusion) -> Any:
    """I do it, on all days that nobody has, or on the named ones."""
    form = _role_form(infusion)
    return _write(infusion, form, operations.claim_duty, str(_("Saved. Everyone in the circle sees it.")))


@blueprint.post("/infusions/<public_id>/duties/return")
@needs("answer", row=Infusion)
@once
def give_back(infusion: Infusion) -> Any:
    """I cannot after all: nobody has it then."""
    form = _role_form(infusion)
    return _write(infusion, form, operations.give_back_duty, str(_("Given back. Nobody has it now.")))


@blueprint.post("/infusions/<public_id>/duties/answer")
@needs("answer", row=Infusion)
@once
def answer(infusion: Infusion) -> Any:
    """Yes or no to what one was asked."""
    form = _role_form(infusion)
    said = request.form.get("answer")
    if said not in (YES, NO):
        abort(422)
    form.days.data = []
    if said == YES:
        return _write(infusion, form, operations.accept_duty, str(_("Saved. Everyone in the circle sees it.")))
    return _write(infusion, form, operations.decline_duty, str(_("You said no. It stays as it was.")))


@blueprint.get("/infusions/<public_id>/duties/edit")
@needs("answer", row=Infusion)
def edit_duty(infusion: Infusion) -> Any:
    """Ask somebody, or write down who does it; without the right to change dates only for one's own duty."""
    refuse_cancelled(infusion)
    role = request.args.get("role")
    return _duty_page(infusion, role if role in ROLES else ROLES[0], DutyForm(choices=[]))


@blueprint.post("/infusions/<public_id>/duties")
@needs("answer", row=Infusion)
@once
def save_duty(infusion: Infusion) -> Any:
    """Save who was asked or who does it."""
    refuse_cancelled(infusion)
    form = DutyForm(request.form, choices=[value for value, *_rest in _choices()])
    if not form.validate():
        role = form.role.data if form.role.data in ROLES else ROLES[0]
        return _duty_page(infusion, role, form), 422
    member, manages = _member(form.who.data), g.standing.can("manage_dates")
    if member is not None and not (manages and form.agreed.data):
        message = str(_("%(name)s is asked, and sees it on Today.", name=words.name_of(member.account)))
        return _write(infusion, form, operations.offer_duty, message, to=member.account, only_own=not manages)
    if not manages:
        abort(403)
    if form.who.data in (OPEN, NOT_NEEDED):
        return _write(infusion, form, operations.clear_duty, str(_("Saved")), needed=form.who.data == OPEN)
    to, name = (member.account, None) if member else (None, form.name.data)
    return _write(infusion, form, operations.assign_duty, str(_("Saved")), to=to, name=name)


@blueprint.post("/preparation-changes/<public_id>/undo")
@needs("answer", row=PreparationChange)
def undo_change(change: PreparationChange) -> Any:
    """Take one change back: a tick, one's own change, or with the right to change dates anybody's."""
    is_own = change.verb == "tick" or change.account_id == g.standing.account.id
    if not is_own and not g.standing.can("manage_dates"):
        abort(403)
    infusion = change.infusion
    is_duty = any(key.startswith("duties:") for key in change.after)
    url = url_for(".circle_list")
    if infusion is not None:
        url = url_for(".duties" if is_duty else ".list_of_course", public_id=infusion.public_id)
    try:
        with transaction():
            operations.undo_change(change, now=clock.now())
    except operations.ChangeCannotBeUndone:
        return answers.done(url, _("This cannot be undone: it was changed again since."))
    return answers.done(url, _("Undone."))


def _role_form(infusion: Infusion) -> RoleForm:
    refuse_cancelled(infusion)
    form = RoleForm(request.form)
    if not form.validate():
        abort(422)
    return form


def _write(
    infusion: Infusion, form: RoleForm, write: Callable[..., PreparationChange], message: str, **values: Any
) -> Any:
    """Make a change and tell it, with Undo; the second of two is told who was first."""
    url = url_for("infusions.show", public_id=infusion.public_id)
    if request.form.get("back") == "duties":
        url = url_for(".duties", public_id=infusion.public_id)
    if write not in (operations.accept_duty, operations.decline_duty):
        values["days"] = form.numbers
    try:
        with transaction():
            change = write(infusion, form.role.data, account=g.standing.account, now=clock.now(), **values)
    except DutyTaken as taken:
        return answers.done(url, words.taken_words(taken.duty))
    except NotOnDuty:
        return answers.done(url, _("This duty is not yours now. Nothing was changed."))
    except OfferIsGone:
        return answers.done(url, _("This was answered already. Nothing was changed."))
    except KeyError:
        abort(422)
    return answers.done(url, message, undo_of(change))


def _others() -> list[Membership]:
    """Members who can answer, without the viewer."""
    me = g.standing.account.id
    return [m for m in g.standing.circle.memberships if m.account_id != me and {"see_dates", "answer"} <= m.rights]


def _member(value: str | None) -> Membership | None:
    everyone = [m for m in g.standing.circle.memberships if m.account_id == g.standing.account.id] + _others()
    return next((m for m in everyone if m.public_id == value), None)


def _choices() -> list[tuple[str, str, str]]:
    """Who can be chosen, as (value, words, icon)."""
    choices = [(m.public_id, words.name_of(m.account), "people") for m in _others()]
    if g.standing.can("manage_dates"):
        choices += [
            (NAME, str(_("Somebody else, by name")), "pencil"),
            (OPEN, str(_("Nobody yet")), "help"),
            (NOT_NEEDED, str(_("Nobody is needed")), "check"),
        ]
    return choices


def _duty_page(infusion: Infusion, role: str, form: DutyForm) -> str:
    return render_template(
        "preparations/duty_edit.html", infusion=infusion, role=role, form=form, choices=_choices(), others=_others()
    )
