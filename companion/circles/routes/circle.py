"""The care circle: opening one, its patient and people, whom to call, weights."""

from datetime import date
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from flask import abort, g, render_template, request, url_for
from flask_babel import gettext as _

from companion import answers, clock, places
from companion.access import needs, signed_in
from companion.accounts.queries import local_path
from companion.circles import forms, operations, queries
from companion.circles.models import CONTACT_KINDS, Invitation, Membership, Weight
from companion.circles.routes import blueprint
from companion.consents.models import HEALTH_DATA, MAIL
from companion.consents.operations import agree
from companion.database import transaction
from companion.formatting import local_date
from companion.language import chosen_language
from companion.submissions import once


@blueprint.get("/circle/new")
@signed_in
def new() -> str:
    form = forms.CircleForm(data={"tz": g.account.tz})
    form.start_country(g.account.country)
    return _new_page(form)


@blueprint.post("/circle")
@signed_in
@once
def create() -> Any:
    form = forms.CircleForm(request.form)
    if not form.validate():
        return _new_page(form), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        circle = operations.open_circle(
            g.account,
            for_self=form.for_self,
            patient_name=form.patient_name.data,
            country=form.country_code,
            tz=form.tz.data,
            now=clock.now(),
        )
    except operations.AlreadyPatient:
        form.patient.errors = [_("You have a circle of your own. Open this one for someone you care for.")]
        return _new_page(form), HTTPStatus.UNPROCESSABLE_ENTITY
    agree(
        g.account,
        request.form.getlist("consent"),
        asked=(HEALTH_DATA, MAIL),
        circle_id=circle.id,
        language=chosen_language(),
        now=clock.now(),
    )
    url = url_for("today.first_steps", circle=circle.public_id)
    return answers.saved(circle.public_id, url, _("Your care circle is open."))


def _new_page(form: forms.CircleForm) -> str:
    return render_template(
        "circles/circle_new.html",
        form=form,
        has_own=queries.own_circle(g.account) is not None,
        places=places,
        offers=queries.open_invitations(g.account, clock.now()),
    )


@blueprint.get("/circle")
@needs("see_dates")
def show() -> str:
    return _circle_page(forms.WeightForm())


def _circle_page(form: forms.WeightForm) -> str:
    circle = g.standing.circle
    return render_template(
        "circles/circle_show.html",
        circle=circle,
        contacts=queries.contacts_of(circle),
        weight=queries.latest_weight(circle) if g.standing.can("manage_dates") else None,
        form=form,
        places=places,
        country_now=queries.country_now(circle),
        invited=_invited() if g.standing.can("keep_circle") else [],
        offers=queries.open_invitations(g.account, clock.now()),
        memberships=queries.memberships_of(g.account),
        now=clock.now(),
    )


def _invited() -> list[tuple[Invitation, Membership | None]]:
    """What was offered, with the member where the address is that of one: members do not show theirs."""
    circle = g.standing.circle
    found = queries.invitations_of(circle, clock.now())
    return [(one, queries.member_with(circle, one.email_hash)) for one in found]


@blueprint.get("/circle/edit")
@needs("keep_circle")
def edit() -> str:
    return _edit_page(forms.PatientForm.of(g.standing.circle))


@blueprint.post("/circle/edit")
@needs("keep_circle")
def save() -> Any:
    form = forms.PatientForm(request.form)
    form.today = _today()
    if not form.validate():
        return _edit_page(form), HTTPStatus.UNPROCESSABLE_ENTITY
    with transaction():
        before = operations.change_patient(g.standing.circle, **form.facts())
    fields = {name: str(value) for name, value in before.items() if value is not None}
    return answers.done(_here("show"), _("Saved."), answers.undo(url_for("circles.save"), **fields))


def _edit_page(form: forms.PatientForm) -> str:
    return render_template("circles/circle_edit.html", form=form, places=places)


def _here(view: str) -> str:
    """The address of a page of this circle."""
    return url_for(f"circles.{view}", circle=g.standing.circle.public_id)


def _today() -> Any:
    """Today where the patient lives."""
    return local_date(clock.now(), g.standing.circle.tz)


@blueprint.get("/circle/location")
@needs("manage_dates")
def location() -> str:
    form = forms.LocationForm()
    form.start_country(queries.country_now(g.standing.circle))
    return _location_page(form)


@blueprint.post("/circle/location")
@needs("manage_dates")
def save_location() -> Any:
    """Also posted by the emergency page, with `back` as the way back to it."""
    form = forms.LocationForm(request.form)
    if not form.validate():
        return _location_page(form), HTTPStatus.UNPROCESSABLE_ENTITY
    circle = g.standing.circle
    code = None if form.country_code == circle.country else form.country_code
    with transaction():
        before = operations.set_location(circle, code)
    back = local_path(request.form["back"]) if request.form.get("back") else _here("show")
    undo = answers.undo(url_for("circles.save_location"), country=before or circle.country or "", back=back)
    return answers.done(back, _("Saved."), undo)


def _location_page(form: forms.LocationForm) -> str:
    return render_template("circles/location_edit.html", form=form, places=places)


@blueprint.post("/circle/weights")
@needs("manage_dates")
@once
def create_weight() -> Any:
    form = forms.WeightForm(request.form)
    form.today = _today()
    if not form.validate():
        return _circle_page(form), HTTPStatus.UNPROCESSABLE_ENTITY
    on: date = form.on.data or form.today
    kilograms: Decimal = form.weight_kg.data or Decimal(0)  # the form has checked that there is a weight
    weight, before = operations.record_weight(g.standing.circle, on=on, weight_kg=kilograms, now=clock.now())
    undo_url = url_for("circles.restore_weight", public_id=weight.public_id)
    undo = answers.undo(undo_url, weight_kg=str(before or ""))
    return answers.saved(weight.public_id, _here("show"), _("Weight saved."), undo)


@blueprint.post("/circle/weights/<public_id>/restoration")
@needs("manage_dates", row=Weight)
def restore_weight(weight: Weight) -> Any:
    """Undo of an entry: the weight before it, or none."""
    form = forms.WeightForm(request.form)
    form.today = _today()
    if request.form.get("weight_kg") and not form.validate():
        abort(HTTPStatus.UNPROCESSABLE_ENTITY)
    with transaction():
        operations.restore_weight(weight, form.weight_kg.data, now=clock.now())
    return answers.done(_here("show"), _("Changed back."))


@blueprint.get("/circle/contacts")
@needs("see_dates")
def contacts() -> str:
    return render_template(
        "circles/contact_list.html", kinds=CONTACT_KINDS, contacts=queries.contacts_of(g.standing.circle)
    )


@blueprint.get("/circle/contacts/<kind>")
@needs("manage_dates")
def contact(kind: str) -> str:
    if kind not in CONTACT_KINDS:
        abort(HTTPStatus.NOT_FOUND)
    return _contact_page(forms.ContactForm.of(kind, queries.contacts_of(g.standing.circle).get(kind)))


@blueprint.post("/circle/contacts")
@needs("manage_dates")
def save_contact() -> Any:
    form = forms.ContactForm(request.form)
    if not form.validate():
        if form.kind.errors:
            abort(HTTPStatus.UNPROCESSABLE_ENTITY)
        return _contact_page(form), HTTPStatus.UNPROCESSABLE_ENTITY
    kind: str = form.kind.data
    with transaction():
        before = operations.save_contact(
            g.standing.circle, kind, name=form.name.data, phone=form.phone.data, note=form.note.data
        )
    fields = {part: value for part, value in before.items() if value}
    undo = answers.undo(url_for("circles.save_contact"), kind=kind, **fields)
    message = _("Saved.") if form.phone.data else _("Removed.")
    return answers.done(_here("contacts"), message, undo)


def _contact_page(form: forms.ContactForm) -> str:
    return render_template("circles/contact_edit.html", form=form, kind=form.kind.data)
