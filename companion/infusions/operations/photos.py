"""Photos of labels: kept, copied by someone, deleted and put back, and at last removed for good."""

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from companion.accounts.models import Account
from companion.circle_guard import across_circles
from companion.database import keyring
from companion.extensions import db
from companion.infusions.models import Infusion, LabelPhoto
from companion.pictures import Picture
from companion.trail.operations import untold

MOST_PHOTOS = 12
DELETED_LIFE = timedelta(days=30)


class TooManyPhotos(Exception):
    """An infusion keeps no more photos than MOST_PHOTOS."""


def fingerprint_of(sent: bytes) -> str:
    """The same for the same bytes; without the key it tells nothing about them."""
    return keyring().fingerprint("label-photo:" + hashlib.sha256(sent).hexdigest())


def add_photos(
    infusion: Infusion, pictures: Sequence[tuple[str, Picture]], *, account: Account, now: datetime
) -> list[LabelPhoto]:
    """Keep photos, each with the fingerprint of what was sent.

    One that is there already stays as it is, a deleted one comes back: sending the same twice changes nothing.
    Raises TooManyPhotos, and then keeps none.
    """
    query = sa.select(LabelPhoto).where(LabelPhoto.infusion_id == infusion.id)
    known = {photo.fingerprint: photo for photo in db.session.scalars(query)}
    wanted = dict(pictures)
    kept = {mark for mark, photo in known.items() if photo.deleted_at is None}
    if len(kept | wanted.keys()) > MOST_PHOTOS:
        raise TooManyPhotos
    photos = [known.get(mark) or _new(infusion, mark, picture, account, now) for mark, picture in wanted.items()]
    for photo in photos:
        photo.deleted_at = None
    _flush(infusion)
    return photos


def _new(infusion: Infusion, mark: str, picture: Picture, account: Account, now: datetime) -> LabelPhoto:
    photo = LabelPhoto(
        circle_id=infusion.circle_id,
        infusion_id=infusion.id,
        account_id=account.id,
        fingerprint=mark,
        width=picture.width,
        height=picture.height,
        created_at=now,
    )
    photo.picture, photo.preview = picture.data, picture.preview
    db.session.add(photo)
    return photo


def mark_copied(
    infusion: Infusion, photo_ids: Collection[str], *, account: Account, now: datetime
) -> list[LabelPhoto]:
    """Someone has copied the lots of these photos; returns those that were still waiting."""
    waiting = [photo for photo in infusion.photos if photo.copied_at is None and photo.public_id in photo_ids]
    for photo in waiting:
        photo.copied_at, photo.copied_by_id = now, account.id
    _flush(infusion)
    return waiting


def mark_not_copied(infusion: Infusion, photo_ids: Collection[str]) -> None:
    """Take that back: the photos wait again."""
    for photo in infusion.photos:
        if photo.public_id in photo_ids:
            photo.copied_at = photo.copied_by_id = None
    _flush(infusion)


def delete_photo(photo: LabelPhoto, now: datetime) -> None:
    """Take a photo away; for 30 days it can be put back."""
    photo.deleted_at = photo.deleted_at or now
    _flush(photo.infusion)


def restore_photo(photo: LabelPhoto) -> None:
    """Put a deleted photo back. Raises TooManyPhotos when its place was taken."""
    if photo.deleted_at is not None and len(photo.infusion.photos) >= MOST_PHOTOS:
        raise TooManyPhotos
    photo.deleted_at = None
    _flush(photo.infusion)


@across_circles("what was deleted long ago goes, whosever it was")
def purge_photos(now: datetime) -> int:
    """Remove photos for good that were deleted 30 days ago; returns how many."""
    old = sa.delete(LabelPhoto).where(LabelPhoto.deleted_at < now - DELETED_LIFE)
    options = untold("they were told as removed when somebody did so")
    removed: int = db.session.execute(old, execution_options=options).rowcount  # type: ignore[attr-defined]
    return removed


def _flush(infusion: Infusion) -> None:
    db.session.flush()
    db.session.expire(infusion, ["photos"])
