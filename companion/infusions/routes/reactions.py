"""Reactions of a course: add, delete, put back."""

from typing import Any

from flask import g, render_template, request, url_for
from flask_babel import gettext as _

from companion import answers, clock
from companion.access import needs
from companion.circles.queries import contacts_of
from companion.database import transaction
from companion.infusions import operations
from companion.infusions.forms.reactions import ReactionForm
from companion.infusions.models import Infusion, Reaction
from companion.infusions.routes import blueprint
from companion.infusions.routes.shared import page_of, refuse_cancelled, today_here
from companion.submissions import once


@blueprint.get("/infusions/<public_id>/reactions/new")
@needs("write_check_ins", row=Infusion)
def reaction_new(infusion: Infusion) -> Any:
    """What went wrong; when to call comes first."""
    refuse_cancelled(infusion)
    return _reaction_page(infusion, ReactionForm(data={"started_on": today_here()}, today=today_here()))


@blueprint.post("/infusions/<public_id>/reactions")
@needs("write_check_ins", row=Infusion)
@once
def reaction_create(infusion: Infusion) -> Any:
    """Record a reaction."""
    refuse_cancelled(infusion)
    form = ReactionForm(request.form, today=today_here())
    if not form.validate():
        return _reaction_page(infusion, form), 422
    reaction = operations.add_reaction(infusion, now=clock.now(), **form.reaction())
    undo = answers.undo(url_for(".reaction_delete", public_id=reaction.public_id))
    return answers.saved(reaction.public_id, page_of(infusion), _("The reaction is saved."), undo)


@blueprint.post("/reactions/<public_id>/deletion")
@needs("write_check_ins", row=Reaction)
def reaction_delete(reaction: Reaction) -> Any:
    """Take a reaction away."""
    with transaction():
        operations.delete_record(reaction, clock.now())
    undo = answers.undo(url_for(".reaction_restore", public_id=reaction.public_id))
    return answers.done(page_of(reaction.infusion), _("The reaction is deleted."), undo)


@blueprint.post("/reactions/<public_id>/restoration")
@needs("write_check_ins", row=Reaction)
def reaction_restore(reaction: Reaction) -> Any:
    """Put a deleted reaction back."""
    with transaction():
        operations.restore_record(reaction)
    return answers.done(page_of(reaction.infusion), _("The reaction is back."))


def _reaction_page(infusion: Infusion, form: ReactionForm) -> str:
    return render_template(
        "infusions/reaction_edit.html", infusion=infusion, form=form, contacts=contacts_of(g.standing.circle)
    )
