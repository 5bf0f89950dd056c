"""Reactions of a course: add, change, delete, put back."""

from datetime import date
from typing import Any

from flask import g, render_template, request, url_for
from flask_babel import gettext as _

from companion import answers, clock
from companion.access import needs
from companion.circles.queries import contacts_of
from companion.database import transaction
from companion.domain import diary
from companion.infusions import operations
from companion.infusions.forms.reactions import ReactionForm, reaction_values
from companion.infusions.models import Infusion, Reaction
from companion.infusions.reaction_words import is_late
from companion.infusions.routes import blueprint
from companion.infusions.routes.shared import page_of, refuse_cancelled, taken_away, today_here
from companion.submissions import once


@blueprint.get("/infusions/<public_id>/reactions/new")
@needs("write_check_ins", row=Infusion)
def reaction_new(infusion: Infusion) -> Any:
    """What went wrong; when to call comes first."""
    refuse_cancelled(infusion)
    return _reaction_page(infusion, _form(infusion, data={"started_on": _likely_day(infusion)}))


@blueprint.post("/infusions/<public_id>/reactions")
@needs("write_check_ins", row=Infusion)
@once
def reaction_create(infusion: Infusion) -> Any:
    """Record a reaction."""
    refuse_cancelled(infusion)
    form = _form(infusion, request.form)
    if not form.validate():
        return _reaction_page(infusion, form), 422
    reaction = operations.add_reaction(infusion, now=clock.now(), **form.reaction())
    undo = answers.undo(url_for(".reaction_delete", public_id=reaction.public_id))
    return answers.saved(reaction.public_id, page_of(infusion), _saved_words(reaction), undo)


@blueprint.get("/reactions/<public_id>/edit")
@needs("write_check_ins", row=Reaction)
def reaction_edit(reaction: Reaction) -> Any:
    """Change a reaction."""
    refuse_cancelled(reaction.infusion)
    if reaction.deleted_at is not None:
        return _gone(reaction)
    return _reaction_page(reaction.infusion, _form(reaction.infusion, data=reaction_values(reaction)), reaction)


@blueprint.post("/reactions/<public_id>")
@needs("write_check_ins", row=Reaction)
@once
def reaction_update(reaction: Reaction) -> Any:
    """Save a changed reaction; the older words can come back."""
    refuse_cancelled(reaction.infusion)
    if reaction.deleted_at is not None:
        return _gone(reaction)
    form = _form(reaction.infusion, request.form)
    if not form.validate():
        return _reaction_page(reaction.infusion, form, reaction), 422
    now = clock.now()
    fresh = operations.add_reaction(reaction.infusion, now=now, **form.reaction())
    operations.change_reaction(reaction, fresh, now)
    undo = answers.undo(url_for(".reaction_revert", public_id=fresh.public_id))
    return answers.saved(fresh.public_id, page_of(reaction.infusion), _saved_words(fresh), undo)


@blueprint.post("/reactions/<public_id>/reversal")
@needs("write_check_ins", row=Reaction)
def reaction_revert(reaction: Reaction) -> Any:
    """Take a change back."""
    with transaction():
        operations.undo_change_of_reaction(reaction, clock.now())
    return answers.done(page_of(reaction.infusion), _("The reaction is as before."))


@blueprint.post("/reactions/<public_id>/deletion")
@needs("write_check_ins", row=Reaction)
def reaction_delete(reaction: Reaction) -> Any:
    """Take a reaction away."""
    return taken_away(reaction, operations.delete_record, _("The reaction is deleted."), back=".reaction_restore")


@blueprint.post("/reactions/<public_id>/restoration")
@needs("write_check_ins", row=Reaction)
def reaction_restore(reaction: Reaction) -> Any:
    """Put a deleted reaction back."""
    with transaction():
        operations.restore_record(reaction)
    return answers.done(page_of(reaction.infusion), _("The reaction is back."))


def _likely_day(infusion: Infusion) -> date | None:
    """Today within the seven days; later no date is likely, so none is filled in."""
    today = today_here()
    return None if diary.is_late(infusion.last_given_on, today) else today


def _form(infusion: Infusion, *args: Any, **kwargs: Any) -> ReactionForm:
    return ReactionForm(*args, today=today_here(), first_on=min(d.happened_on for d in infusion.days), **kwargs)


def _saved_words(reaction: Reaction) -> str:
    saved = str(_("The reaction is saved."))
    return f"{saved} {_('This is more than 7 days after the infusion.')}" if is_late(reaction) else saved


def _gone(reaction: Reaction) -> Any:
    """Another page or person was faster."""
    return answers.done(page_of(reaction.infusion), _("This was changed in the meantime. Please look again."))


def _reaction_page(infusion: Infusion, form: ReactionForm, reaction: Reaction | None = None) -> str:
    regimen = infusion.regimen
    return render_template(
        "infusions/reaction_edit.html",
        infusion=infusion,
        form=form,
        reaction=reaction,
        today=today_here(),
        by_vein=regimen is not None and regimen.route == "IV",
        contacts=contacts_of(g.standing.circle),
    )
