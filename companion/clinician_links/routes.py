"""Clinician links: made, shown with their openings, switched off; and the page that a clinician reads."""

from datetime import date, timedelta
from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, g, make_response, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from companion import answers, clock
from companion.access import decides_who_sees, public
from companion.clinician_links import forms, operations, queries
from companion.clinician_links.models import ClinicianLink
from companion.consents.models import CLINICIAN
from companion.consents.operations import agree
from companion.database import transaction
from companion.delivery.operations import page_url
from companion.extensions import limiter
from companion.formatting import local_date
from companion.language import chosen_language, in_words_of
from companion.security import keyed
from companion.submissions import once
from companion.trail.operations import look_by_link

blueprint = Blueprint("clinician_links", __name__)
reading = Blueprint("clinician", __name__)
keyed(reading)

USUAL_DAYS_BACK = 90
READ_LIMIT = "60 per minute; 600 per hour"
"""By address of the network, which a whole clinic may share. A token of 256 bits is out of reach at any such rate."""


@blueprint.get("/circle/clinician-links")
@decides_who_sees()
def index() -> str:
    now = clock.now()
    return render_template("clinician_links/link_list.html", links=queries.links_of(g.standing.circle, now), now=now)


@blueprint.get("/circle/clinician-links/new")
@decides_who_sees()
def new() -> str:
    today = _today()
    first_on = today - timedelta(days=USUAL_DAYS_BACK)
    start = {"first_on": first_on, "last_on": today, "days": "7", "language": chosen_language()}
    return _new_page(forms.LinkForm(data=start))


@blueprint.post("/circle/clinician-links")
@decides_who_sees()
@once
def create() -> Any:
    form = forms.LinkForm(request.form)
    form.today = _today()
    if not form.validate():
        return _new_page(form), HTTPStatus.UNPROCESSABLE_ENTITY
    link = operations.make_link(
        g.standing.circle,
        g.account,
        first_on=form.first_on.data or form.today,
        last_on=form.last_on.data or form.today,
        days=int(form.days.data or 0),
        language=form.language.data or chosen_language(),
        now=clock.now(),
    )
    agree(
        g.account,
        request.form.getlist("consent"),
        asked=(CLINICIAN,),
        circle_id=g.standing.circle.id,
        language=chosen_language(),
        now=clock.now(),
    )
    undo = answers.undo(url_for(".revoke", public_id=link.public_id))
    return answers.saved(link.public_id, url_for(".show", public_id=link.public_id), _("The link is made."), undo)


def _new_page(form: forms.LinkForm) -> str:
    days = [(str(n), ngettext("%(num)s day", "%(num)s days", n)) for n in operations.DAYS]
    return render_template("clinician_links/link_new.html", form=form, days=days)


def _today() -> date:
    """Today where the patient lives."""
    return local_date(clock.now(), g.standing.circle.tz)


@blueprint.get("/circle/clinician-links/<public_id>")
@decides_who_sees(row=ClinicianLink)
def show(link: ClinicianLink) -> str:
    address = page_url("clinician.read", token=link.token)
    return render_template(
        "clinician_links/link_show.html", link=link, address=address, is_open=link.is_open(clock.now())
    )


@blueprint.post("/circle/clinician-links/<public_id>/revocation")
@decides_who_sees(row=ClinicianLink)
def revoke(link: ClinicianLink) -> Any:
    ident = link.public_id
    with transaction():
        operations.revoke_link(link, clock.now())
    undo = answers.undo(url_for(".restore", public_id=ident))
    return answers.done(url_for(".show", public_id=ident), _("The link is off. It shows nothing any more."), undo)


@blueprint.post("/circle/clinician-links/<public_id>/restoration")
@decides_who_sees(row=ClinicianLink)
def restore(link: ClinicianLink) -> Any:
    ident = link.public_id
    with transaction():
        operations.restore_link(link)
    return answers.done(url_for(".show", public_id=ident), _("Changed back."))


@reading.before_request
def know_nobody() -> None:
    """Whoever is signed in on this device: the page is the same for all."""
    g.account = g.standing = None


@reading.get("/clinician/<token>")
@limiter.limit(READ_LIMIT)
@public
def read(token: str) -> Any:
    """The chosen range as tables. Each opening is noted for whoever made the link."""
    link = queries.link_of_token(token)
    if link is None or not link.is_open(clock.now()):
        abort(make_response(render_template("clinician_links/report_gone.html"), HTTPStatus.NOT_FOUND))
    with transaction():
        operations.note_view(link, clock.now())
    g.look = look_by_link(link.circle, link.public_id)
    with in_words_of(link.language):
        return render_template("clinician_links/report_show.html", link=link, report=queries.report_of(link))
