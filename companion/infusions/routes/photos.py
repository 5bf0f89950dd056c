"""Photos of labels: add, look at, copy the lots from, delete, put back."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar

from flask import Response, abort, g, make_response, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import RequestEntityTooLarge

from companion import answers, clock
from companion.access import needs
from companion.database import transaction
from companion.infusions import operations
from companion.infusions.forms.photos import MAX_UPLOAD_BYTES, PhotosForm, photos_words
from companion.infusions.forms.vials import VialsForm
from companion.infusions.models import Infusion, LabelPhoto
from companion.infusions.operations import TooManyPhotos
from companion.infusions.routes import blueprint
from companion.infusions.routes.shared import page_of, refuse_cancelled, taken_away
from companion.infusions.routes.vials import empty_vials_form, saved_words, vials_form
from companion.security import allow_camera
from companion.submissions import once

View = TypeVar("View", bound=Callable[..., Any])


def takes_photos(view: View) -> View:
    """Let this route alone read a body larger than all others; how large each photo may be, the form checks."""

    @wraps(view)
    def roomy(*args: Any, **kwargs: Any) -> Any:
        request.max_content_length = MAX_UPLOAD_BYTES
        try:
            return view(*args, **kwargs)
        except RequestEntityTooLarge:
            words = (_("This is too much at once"), _("Nothing was saved. Choose fewer photos, then try again."))
            return answers.problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, words, {})

    return roomy  # type: ignore[return-value]


@blueprint.get("/infusions/<public_id>/label-photos")
@needs("answer", row=Infusion)
def label_photos(infusion: Infusion) -> Any:
    """The photos, large, to copy the lots from."""
    refuse_cancelled(infusion)
    return _page(infusion)


@blueprint.post("/infusions/<public_id>/label-photos")
@takes_photos
@needs("answer", row=Infusion)
def label_photos_create(infusion: Infusion) -> Any:
    """Keep photos. They are cleaned before the transaction begins, for that takes a while.

    Sent again, the same photos are recognised by what they hold; no `client_id` has to be remembered.
    """
    refuse_cancelled(infusion)
    form = PhotosForm(request.files)
    if not form.validate():
        return _page(infusion, upload=form), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        photos = _kept(infusion, form)
    except TooManyPhotos:
        form.refuse_more()
        return _page(infusion, upload=form), HTTPStatus.UNPROCESSABLE_ENTITY
    undo = None
    if len(photos) == 1:
        undo = answers.undo(url_for(".label_photo_delete", public_id=photos[0].public_id))
    return answers.saved(photos[0].public_id, page_of(infusion), photos_words(len(photos)), undo)


def _kept(infusion: Infusion, form: PhotosForm) -> list[LabelPhoto]:
    """A second try where the same photos, sent twice at once, were faster."""
    try:
        return _kept_once(infusion, form)
    except IntegrityError:
        return _kept_once(infusion, form)


def _kept_once(infusion: Infusion, form: PhotosForm) -> list[LabelPhoto]:
    with transaction():
        return operations.add_photos(infusion, form.pictures, account=g.standing.account, now=clock.now())


@blueprint.post("/infusions/<public_id>/label-photos/vials")
@needs("answer", row=Infusion)
@once
def label_photos_vials(infusion: Infusion) -> Any:
    """Add the bottles that were read from the photos, and stay on the page: more may follow."""
    refuse_cancelled(infusion)
    form = vials_form(infusion, request.form)
    if not form.validate():
        return _page(infusion, form=form), HTTPStatus.UNPROCESSABLE_ENTITY
    vials = operations.add_vials(
        infusion, form.bottles(), day=form.chosen_day, product=infusion.product, now=clock.now()
    )
    undo = answers.undo(url_for(".entry_delete", public_id=vials[0].public_id))
    url = url_for(".label_photos", public_id=infusion.public_id)
    return answers.saved(vials[0].public_id, url, saved_words(vials), undo)


@blueprint.get("/label-photos/<public_id>")
@needs("answer", row=LabelPhoto)
def label_photo(photo: LabelPhoto) -> Any:
    """One photo, as large as it is kept."""
    return _image(photo, photo.picture)


@blueprint.get("/label-photos/<public_id>/preview")
@needs("answer", row=LabelPhoto)
def label_photo_preview(photo: LabelPhoto) -> Any:
    """A small one."""
    return _image(photo, photo.preview)


@blueprint.post("/infusions/<public_id>/label-photos/copying")
@needs("answer", row=Infusion)
def label_photos_copied(infusion: Infusion) -> Any:
    """The lots of the photos that were on the page are copied; photos that came later still wait."""
    refuse_cancelled(infusion)
    with transaction():
        copied = operations.mark_copied(
            infusion, request.form.get("photos", "").split(), account=g.standing.account, now=clock.now()
        )
    ids = " ".join(photo.public_id for photo in copied)
    undo = answers.undo(url_for(".label_photos_not_copied", public_id=infusion.public_id), photos=ids)
    return answers.done(page_of(infusion), _("The lots are copied. Thank you."), undo if copied else None)


@blueprint.post("/infusions/<public_id>/label-photos/copying/undo")
@needs("answer", row=Infusion)
def label_photos_not_copied(infusion: Infusion) -> Any:
    """The photos wait to be copied again."""
    refuse_cancelled(infusion)
    with transaction():
        operations.mark_not_copied(infusion, request.form.get("photos", "").split())
    return answers.done(page_of(infusion), _("Undone. The photos still wait to be copied."))


@blueprint.post("/label-photos/<public_id>/deletion")
@needs("answer", row=LabelPhoto)
def label_photo_delete(photo: LabelPhoto) -> Any:
    """Take a photo away."""
    return taken_away(photo, operations.delete_photo, _("The photo is deleted."), back=".label_photo_restore")


@blueprint.post("/label-photos/<public_id>/restoration")
@needs("answer", row=LabelPhoto)
def label_photo_restore(photo: LabelPhoto) -> Any:
    """Put a deleted photo back."""
    try:
        with transaction():
            operations.restore_photo(photo)
    except TooManyPhotos:
        form = PhotosForm()
        form.refuse_more()
        return answers.done(page_of(photo.infusion), form.problem)
    return answers.done(page_of(photo.infusion), _("The photo is back."))


def _image(photo: LabelPhoto, data: bytes) -> Response:
    refuse_cancelled(photo.infusion)
    if photo.deleted_at is not None:
        abort(HTTPStatus.NOT_FOUND)
    response = Response(data, mimetype="image/jpeg")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Disposition"] = 'inline; filename="label.jpg"'
    return response


def _page(infusion: Infusion, form: VialsForm | None = None, upload: PhotosForm | None = None) -> Response:
    page: Response = make_response(
        render_template(
            "infusions/label_photos.html",
            infusion=infusion,
            form=form or empty_vials_form(infusion),
            upload=upload or PhotosForm(),
        )
    )
    return allow_camera(page)
