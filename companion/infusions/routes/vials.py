"""Lots of a course: add many at once, put one right, delete, put back."""

from functools import partial
from typing import Any

from flask import g, make_response, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from companion import answers, clock
from companion.access import needs
from companion.database import transaction
from companion.domain.vial_labels import has_passed
from companion.formatting import expiry
from companion.infusions import operations, queries
from companion.infusions.forms.vials import VialForm, VialsForm
from companion.infusions.models import Infusion, InfusionDay, Vial
from companion.infusions.operations import mark_of
from companion.infusions.routes import blueprint
from companion.infusions.routes.shared import page_of, refuse_cancelled, taken_away, today_here
from companion.security import allow_camera
from companion.submissions import once


@blueprint.get("/infusions/without-lots")
@needs("see_dates")
def without_lots() -> Any:
    """The courses that were given and have no lot on record."""
    infusions = queries.given_without_lots(g.standing.circle)
    return render_template("infusions/without_lots.html", infusions=infusions, today=today_here())


@blueprint.get("/infusions/<public_id>/vials/new")
@needs("answer", row=Infusion)
def vial_new(infusion: Infusion) -> Any:
    """An empty page; no lot is taken over from earlier ones, so that no number is wrong by habit."""
    refuse_cancelled(infusion)
    return _vials_page(infusion, empty_vials_form(infusion))


@blueprint.post("/infusions/<public_id>/vials")
@needs("answer", row=Infusion)
@once
def vial_create(infusion: Infusion) -> Any:
    """Add all bottles that were typed, or none while one line cannot be read."""
    refuse_cancelled(infusion)
    form = vials_form(infusion, request.form)
    if not form.validate():
        return _vials_page(infusion, form), 422
    vials = operations.add_vials(
        infusion,
        form.bottles(),
        day=form.chosen_day,
        product=_typed_product(infusion, form.chosen_day),
        now=clock.now(),
    )
    url = url_for(".vial_new", public_id=infusion.public_id) if "another" in request.form else page_of(infusion)
    undo = answers.undo(url_for(".entry_delete", public_id=vials[0].public_id))
    return answers.saved(vials[0].public_id, url, saved_words(vials), undo)


@blueprint.get("/vials/<public_id>/edit")
@needs("answer", row=Vial)
def vial_edit(vial: Vial) -> Any:
    """What was recorded of one bottle, to put it right."""
    refuse_cancelled(vial.infusion)
    if vial.deleted_at is not None:
        return _changed_meanwhile(vial)
    return _vial_page(vial, VialForm(days=vial.infusion.days, data=_values(vial) | {"grams": vial.grams}))


@blueprint.post("/vials/<public_id>")
@needs("answer", row=Vial)
@once
def vial_update(vial: Vial) -> Any:
    """Put right what was misread, unless somebody changed it since the page was opened.

    Undo sends the earlier values to this same address, with the mark of what it takes back.
    """
    refuse_cancelled(vial.infusion)
    if vial.deleted_at is not None:
        return _changed_meanwhile(vial)
    form = VialForm(request.form, days=vial.infusion.days)
    if request.form.get("seen", _mark(vial)) != _mark(vial):
        if "undo" in request.form:
            return _changed_meanwhile(vial)
        form.validate()
        form.lot.errors = [_("Someone changed this lot meanwhile. Check all of it, then save again.")]
        return _vial_page(vial, form), 422
    if not form.validate():
        return _vial_page(vial, form), 422
    before = _values(vial)
    operations.change_vial(vial, form.label(), day=form.chosen_day, product=form.product.data)
    undo = answers.undo(url_for(".vial_update", public_id=vial.public_id), **before, seen=_mark(vial), undo="1")
    return answers.done(page_of(vial.infusion), _("Lot %(lot)s is saved.", lot=vial.lot), undo)


@blueprint.post("/vials/<public_id>/deletion")
@needs("answer", row=Vial)
def vial_delete(vial: Vial) -> Any:
    """Take a lot away."""
    words = _("Lot %(lot)s is deleted.", lot=vial.lot)
    return taken_away(vial, operations.delete_record, words, back=".vial_restore")


@blueprint.post("/vials/<public_id>/restoration")
@needs("answer", row=Vial)
def vial_restore(vial: Vial) -> Any:
    """Put a deleted lot back."""
    with transaction():
        operations.restore_record(vial)
    return answers.done(page_of(vial.infusion), _("Lot %(lot)s is back.", lot=vial.lot))


@blueprint.post("/vials/<public_id>/entry-deletion")
@needs("answer", row=Vial)
def entry_delete(vial: Vial) -> Any:
    """Take away every bottle that was saved in one go with this one."""
    return taken_away(vial, operations.delete_entry, _("Undone. The lots are not saved."), back=".entry_restore")


@blueprint.post("/vials/<public_id>/entry-restoration")
@needs("answer", row=Vial)
def entry_restore(vial: Vial) -> Any:
    """Put back the bottles that were taken away together."""
    with transaction():
        operations.restore_entry(vial)
    return answers.done(page_of(vial.infusion), _("The lots are back."))


def empty_vials_form(infusion: Infusion) -> VialsForm:
    """Nothing but the likely day is filled in."""
    day = _likely_day(infusion)
    return vials_form(infusion, data={"day": day.public_id if day else ""})


def vials_form(infusion: Infusion, *args: Any, **kwargs: Any) -> VialsForm:
    """The form of a course: its days, and a look at the serial numbers that the circle knows."""
    recorded = partial(queries.recorded_serials, g.standing.circle)
    return VialsForm(*args, days=infusion.days, recorded=recorded, **kwargs)


def _vials_page(infusion: Infusion, form: VialsForm) -> Any:
    page = render_template("infusions/vial_add.html", infusion=infusion, form=form)
    return allow_camera(make_response(page))


def _vial_page(vial: Vial, form: VialForm) -> str:
    page = "infusions/vial_edit.html"
    return render_template(page, infusion=vial.infusion, vial=vial, form=form, seen=_mark(vial))


def _changed_meanwhile(vial: Vial) -> Any:
    """Another page or person was faster."""
    return answers.done(page_of(vial.infusion), _("This was changed in the meantime. Please look again."))


def _mark(vial: Vial) -> str:
    """A mark of what stands there, so that a form can tell when somebody changed it after it was opened."""
    return mark_of(_values(vial))


def _likely_day(infusion: Infusion) -> InfusionDay | None:
    """The day that is today, else the only one that was given; of two past days nobody guesses."""
    today = today_here()
    now = [day for day in infusion.days if day.happened_on == today]
    likely = now[-1:] or [day for day in infusion.days if day.is_given]
    return likely[0] if len(likely) == 1 else None


def _typed_product(infusion: Infusion, day: InfusionDay | None) -> str | None:
    """The product as someone typed it in the record of that day, or of the course where all its records agree."""
    days = [day] if day else infusion.days
    typed = {one.given_record.product for one in days if one.given_record and one.given_record.product}
    return typed.pop() if len(typed) == 1 else infusion.product


def _values(vial: Vial) -> dict[str, str]:
    """What stands on the page of one bottle, as text."""
    return {
        "lot": vial.lot,
        "grams": f"{vial.grams:f}" if vial.grams is not None else "",
        "expires": expiry(vial.expires_on) if vial.expires_on else "",
        "serial": vial.serial or "",
        "product": vial.product or "",
        "day": vial.day.public_id if vial.day else "",
    }


def saved_words(vials: list[Vial]) -> str:
    """What the next page says about bottles that were saved."""
    if len(vials) == 1:
        said = str(_("Lot %(lot)s is saved.", lot=vials[0].lot))
    else:
        said = str(ngettext("%(num)d bottle is saved.", "%(num)d bottles are saved.", len(vials)))
    if not any(has_passed(vial.expires_on, vial.infused_on) for vial in vials):
        return said
    return f"{said} {_('Please re-read the label: this bottle’s date has passed.')}"
