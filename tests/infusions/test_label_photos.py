"""Photos of labels: kept sealed and clean, refused with words, copied by someone, closed to others."""

import io
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from werkzeug.datastructures import MultiDict

from companion import clock
from companion.database import transaction
from companion.extensions import db
from companion.infusions import operations
from companion.infusions.forms import photos as forms
from companion.infusions.models import LabelPhoto, Vial
from companion.security import MAX_BODY_BYTES
from tests.factories import jpeg_with_place
from tests.infusions.plans import courses
from tests.infusions.test_infusion_pages import page_of, plan


def send(client: Any, course: Any, *photos: bytes, **values: str) -> Any:
    files = [("photos", (io.BytesIO(data), f"IMG_{n}.jpg")) for n, data in enumerate(photos)]
    data = MultiDict([*values.items(), *files])
    return client.post(page_of(course) + "/label-photos", data=data, content_type="multipart/form-data")


def rows() -> list[LabelPhoto]:
    db.session.expire_all()
    return db.session.query(LabelPhoto).order_by(LabelPhoto.id).all()


def test_a_photo_is_kept_sealed_and_without_its_place(app, people, client_of):
    course = courses(plan(people))[0]
    ana, sent = client_of(people.ana), jpeg_with_place()
    assert send(ana, course, sent, client_id="a").status_code == 303
    (photo,) = rows()
    page = ana.get(page_of(course)).text
    assert "1 photo is saved." in page
    assert "Copy the lots from 1 photo" in page
    for path in (f"/label-photos/{photo.public_id}", f"/label-photos/{photo.public_id}/preview"):
        assert path in page
        answer = ana.get(path)
        assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        image = Image.open(io.BytesIO(answer.data))
        assert dict(image.getexif()) == {}
        assert b"Elm Street" not in answer.data
        assert answer.data[:300] not in photo.picture_sealed + photo.preview_sealed
    if db.engine.dialect.name == "sqlite":
        folder = Path(app.config["COMPANION"].data)
        stored = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
        assert photo.picture_sealed[40:80] in stored
        assert not [
            mark for mark in (b"\xff\xd8\xff", b"JFIF", b"Elm Street", photo.picture[300:340]) if mark in stored
        ]


def test_the_same_photo_sent_again_is_one_photo(people, client_of):
    course = courses(plan(people))[0]
    ana, first, second = client_of(people.ana), jpeg_with_place(), jpeg_with_place(shade=90)
    for _time in range(2):
        assert send(ana, course, first, client_id="a").status_code == 303
    assert send(ana, course, first, second, client_id="a").status_code == 303
    assert len(rows()) == 2
    ana.post(f"/label-photos/{rows()[0].public_id}/deletion")
    assert send(ana, course, first, client_id="b").status_code == 303
    assert [photo.deleted_at for photo in rows()] == [None, None]


BIG = b"\xff\xd8\xff" + b"x" * forms.MOST_BYTES


@pytest.mark.parametrize(
    ("photos", "words"),
    [
        ([], "Choose a photo first."),
        ([b"%PDF-1.7"], "Choose a JPEG or PNG photo."),
        ([jpeg_with_place(), b"GIF89a"], "Choose a JPEG or PNG photo."),
        ([BIG], "This photo is over 10 MB."),
        ([b"x"] * 13, "One infusion keeps 12 photos."),
    ],
)
@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_what_cannot_be_kept_is_refused_with_words_and_nothing_is_kept(people, client_of, photos, words):
    answer = send(client_of(people.ana), courses(plan(people))[0], *photos)
    assert answer.status_code == 422
    assert words in answer.text
    assert rows() == []


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_twelve_and_no_more(people, client_of):
    course = courses(plan(people))[0]
    ana, small = client_of(people.ana), [jpeg_with_place((8, 8), shade=15 * n) for n in range(13)]
    assert send(ana, course, *small[:12]).status_code == 303
    assert "One infusion keeps 12 photos." in send(ana, course, small[12]).text
    assert send(ana, course, *small[:12]).status_code == 303
    ana.post(f"/label-photos/{rows()[0].public_id}/deletion")
    assert send(ana, course, small[12]).status_code == 303
    ana.post(f"/label-photos/{rows()[0].public_id}/restoration")
    assert "One infusion keeps 12 photos." in ana.get(page_of(course)).text
    assert len([photo for photo in rows() if photo.deleted_at is None]) == 12


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
@pytest.mark.parametrize("chunked", [False, True])
def test_only_photos_may_be_large(people, client_of, chunked, monkeypatch):
    """With and without Content-Length. The limit of photos is lowered here, for a hundred megabytes take a while."""
    course = courses(plan(people))[0]
    monkeypatch.setattr("companion.infusions.routes.photos.MAX_UPLOAD_BYTES", 2 * MAX_BODY_BYTES)

    def post(path: str, size: int) -> Any:
        head = b'--x\r\nContent-Disposition: form-data; name="photos"; filename="a.jpg"\r\n\r\n'
        body = head + b"x" * size + b"\r\n--x--\r\n"
        kind = "multipart/form-data; boundary=x"
        if not chunked:
            return client_of(people.ana).post(path, data=body, content_type=kind)
        environ = {"wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
        return client_of(people.ana).post(
            path, input_stream=io.BytesIO(body), content_type=kind, environ_overrides=environ
        )

    photos = page_of(course) + "/label-photos"
    assert post(photos, MAX_BODY_BYTES).status_code == 422
    refused = post(photos, 2 * MAX_BODY_BYTES)
    assert (refused.status_code, "Choose fewer photos" in refused.text) == (413, True)
    for path in (page_of(course) + "/vials", photos + "/copying", "/check-ins"):
        assert post(path, MAX_BODY_BYTES).status_code == 413
    assert rows() == []


def test_someone_copies_the_lots_and_undo_lets_them_wait_again(people, client_of):
    course = courses(plan(people))[0]
    ana, vera = client_of(people.ana), client_of(people.vera)
    send(ana, course, jpeg_with_place(), jpeg_with_place(shade=90))
    for page in (vera.get("/").text, vera.get(page_of(course)).text):
        assert "Copy the lots from 2 photos" in page
    page = vera.get(page_of(course) + "/label-photos").text
    assert page.count('src="/label-photos/') == 2
    shown = re.search(r'name="photos" value="([^"]*)"', page)[1]
    send(ana, course, jpeg_with_place(shade=120))
    copying = {"labels": "2 x LF4117A", "client_id": "v"}
    for _time in range(2):
        assert vera.post(page_of(course) + "/label-photos/vials", data=copying).location.endswith("/label-photos")
    assert [vial.lot for vial in db.session.query(Vial)] == ["LF4117A"] * 2
    unread = vera.post(page_of(course) + "/label-photos/vials", data={"labels": "hello", "client_id": "w"})
    assert (unread.status_code, unread.text.count('src="/label-photos/')) == (422, 3)
    vera.post(page_of(course) + "/label-photos/copying", data={"photos": shown})
    assert [photo.copied_by_id for photo in rows()] == [people.vera.id, people.vera.id, None]
    undo = re.search(r'name="photos" value="([^"]*)"', vera.get(page_of(course)).text)[1]
    assert "Copy the lots from 1 photo" in ana.get("/").text
    vera.post(page_of(course) + "/label-photos/copying", data={"photos": rows()[2].public_id})
    assert "Copy the lots" not in ana.get("/").text
    assert "Lots copied by Vera, " in ana.get(page_of(course)).text
    vera.post(page_of(course) + "/label-photos/copying/undo", data={"photos": undo})
    assert [photo.copied_at is None for photo in rows()] == [True, True, False]


def test_a_deleted_photo_is_not_shown_can_come_back_and_is_removed_after_a_month(people, client_of):
    course = courses(plan(people))[0]
    ana = client_of(people.ana)
    send(ana, course, jpeg_with_place(), jpeg_with_place(shade=90))
    gone, stays = rows()
    path = f"/label-photos/{gone.public_id}"
    ana.post(f"{path}/deletion")
    assert ana.get(path).status_code == 404
    assert "Copy the lots from 1 photo" in ana.get("/").text
    ana.post(f"{path}/restoration")
    assert ana.get(path).status_code == 200
    ana.post(f"{path}/deletion")
    for days, left in ((29, 2), (31, 1)):
        with transaction():
            operations.purge_photos(clock.now() + timedelta(days=days))
        assert len(rows()) == left
    assert rows() == [stays]


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_a_stranger_finds_nothing(people, client_of):
    course = courses(plan(people))[0]
    sam = client_of(people.sam)
    send(client_of(people.ana), course, jpeg_with_place())
    path = f"/label-photos/{rows()[0].public_id}"
    for one in (path, path + "/preview", page_of(course) + "/label-photos"):
        assert sam.get(one).status_code == 404
    assert send(sam, course, jpeg_with_place(shade=7)).status_code == 404
    assert sam.post(path + "/deletion").status_code == 404
    assert [photo.deleted_at for photo in rows()] == [None]
