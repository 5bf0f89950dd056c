"""The nurse's own page: it can add vials to one infusion and reads nothing back. No sign-in, no cookie."""

import hashlib
import json
from http import HTTPStatus
from typing import Any, NoReturn

from flask import Blueprint, Response, abort, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from companion import clock
from companion.access import public
from companion.answers import given_client_id
from companion.database import public_id, transaction
from companion.extensions import limiter
from companion.infusions import queries
from companion.infusions.forms.vials import VialsForm
from companion.infusions.models import NurseLink, NurseSave
from companion.infusions.operations import nurse_links as operations
from companion.infusions.operations.nurse_links import LinkIsOver, OtherContent, TooManyVials, UndoIsLate
from companion.infusions.routes import blueprint as infusions
from companion.language import LANGUAGES, chosen_language
from companion.security import allow_camera, keyed

blueprint = Blueprint("nurse", __name__)
keyed(blueprint)

# By address of the network. A whole clinic may share one; a code of 60 bits is out of reach at any such rate.
READ_LIMIT = "60 per minute; 600 per hour"
WRITE_LIMIT = "30 per minute; 240 per hour"


@blueprint.before_request
def know_nobody() -> None:
    """Whoever is signed in on this device: the page is the same for all, and shows nothing of them."""
    g.account = g.standing = None


@blueprint.get("/add-vials/<token>")
@limiter.limit(READ_LIMIT)
@public
def add(token: str) -> Any:
    """The empty form; after a saving, only that it is saved."""
    link = _link(token)
    save = _save_of(link, request.args.get("saved", ""))
    if save is not None:
        return _page("saved", link, save=save, can_undo=operations.can_undo(save, clock.now()))
    if not link.takes_vials_at(clock.now()):
        _gone()
    return _form_page(link, VialsForm())


@blueprint.post("/add-vials/<token>")
@limiter.limit(WRITE_LIMIT)
@public
def save(token: str) -> Any:
    """Add vials. The same form sent again adds nothing and gets the same answer."""
    link = _link(token)
    known = _save_of_key(link)
    if known is None and not link.takes_vials_at(clock.now()):
        _gone()
    form = VialsForm(request.form)
    if known is None and not form.validate():
        return _form_page(link, form), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        with transaction():
            kept = operations.add_vials_by_link(
                link,
                form.bottles(),
                client_id=given_client_id() or public_id(),
                body_hash=_body_hash(),
                now=clock.now(),
            )
    except LinkIsOver:
        _gone()
    except (TooManyVials, OtherContent) as error:
        return _refused_page(link, form, error)
    return redirect(_here(link, saved=kept.public_id), HTTPStatus.SEE_OTHER)


@blueprint.post("/add-vials/<token>/undo")
@limiter.limit(WRITE_LIMIT)
@public
def undo(token: str) -> Any:
    """Take back what was saved last on this page, while its minutes last."""
    link = _link(token)
    save = _save_of(link, request.form.get("saved", ""))
    if save is None:
        _gone()
    try:
        with transaction():
            operations.undo_nurse_save(save, clock.now())
    except UndoIsLate:
        return _page("saved", link, save=save, too_late=True), HTTPStatus.CONFLICT
    return redirect(_here(link, saved=save.public_id), HTTPStatus.SEE_OTHER)


def _link(token: str) -> NurseLink:
    link = queries.nurse_link_of(token)
    if link is None or link.ended_at is not None or clock.now() >= link.valid_until or _is_cancelled(link):
        _gone()
    return link


def _is_cancelled(link: NurseLink) -> bool:
    return link.infusion.cancelled_at is not None


def _gone() -> NoReturn:
    """Wrong, too old, used up, switched off, never there: one page for all, the same to the byte."""
    abort(make_response(render_template("infusions/nurse_gone.html"), HTTPStatus.NOT_FOUND))


def _save_of(link: NurseLink, save_id: str) -> NurseSave | None:
    return next((save for save in link.saves if save.public_id == save_id), None)


def _save_of_key(link: NurseLink) -> NurseSave | None:
    key = given_client_id()
    return next((save for save in link.saves if save.client_id == key), None)


def _body_hash() -> str:
    """What was typed, without the key and the page's language."""
    body = sorted((name, value) for name, value in request.form.items(multi=True) if name != "client_id")
    return hashlib.sha256(json.dumps(body).encode()).hexdigest()


def _refused_page(link: NurseLink, form: VialsForm, error: Exception) -> Any:
    if isinstance(error, TooManyVials):
        form.labels.errors = [_("These are more than this address takes. Ask the patient for a new one.")]
    else:
        form.labels.errors = [_("This page was saved before with other lots. Check them, then save again.")]
    return _form_page(link, form, client_id=public_id()), HTTPStatus.UNPROCESSABLE_ENTITY


def _here(link: NurseLink, **values: Any) -> str:
    """The page's own address, in the language that was chosen for it: no cookie has to remember it."""
    lang = request.args.get("lang")
    return url_for(".add", token=link.code, lang=lang if lang in LANGUAGES else None, **values)


def _other_language(link: NurseLink, save: NurseSave | None) -> str:
    """The same page in the other language."""
    other = "zh" if chosen_language() == "en" else "en"
    return url_for(".add", token=link.code, lang=other, saved=save.public_id if save else None)


def _form_page(link: NurseLink, form: VialsForm, client_id: str | None = None) -> Response:
    page: Response = make_response(_page("form", link, form=form, client_id=client_id))
    return allow_camera(page)


def _page(name: str, link: NurseLink, **values: Any) -> str:
    lang = request.args.get("lang")
    return render_template(
        f"infusions/nurse_{name}.html",
        here=_here(link),
        language_url=_other_language(link, values.get("save")),
        undo_url=url_for(".undo", token=link.code, lang=lang if lang in LANGUAGES else None),
        **values,
    )


infusions.register_blueprint(blueprint)
