"""What is kept of a photo: the picture alone, upright and not too large; and what is refused."""

import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from companion.pictures import LONG_SIDE, NotAPhoto, clean_picture
from tests.factories import jpeg_with_place


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def saved(image: Image.Image, kind: str, **values: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **values)
    return out.getvalue()


def test_place_camera_and_comment_are_gone_and_the_photo_stands_upright() -> None:
    sent = jpeg_with_place(size=(2400, 1200), orientation=6)
    assert b"Elm Street" in sent
    assert opened(sent).getexif().get_ifd(0x8825)
    kept = clean_picture(sent)
    for data in (kept.data, kept.preview):
        image = opened(data)
        assert (image.format, dict(image.getexif())) == ("JPEG", {})
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        for word in (b"Elm Street", b"Exif", b"http://ns.adobe.com/xap", b"ICC_PROFILE", b"Nokia"):
            assert word not in data
    assert (kept.width, kept.height) == opened(kept.data).size == (LONG_SIDE // 2, LONG_SIDE)
    top, bottom = opened(kept.data).getpixel((500, 100)), opened(kept.data).getpixel((500, 1900))
    assert isinstance(top, tuple) and isinstance(bottom, tuple)  # noqa: PT018
    assert top[0] > 200 > 60 > bottom[0]


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGBA", "RGB", "L", "P"])
def test_other_kinds_become_jpeg_on_white_paper(kind: str, mode: str) -> None:
    image = Image.new("RGBA", (60, 40), (0, 0, 0, 0)) if mode == "RGBA" else Image.new(mode, (60, 40))
    kept = clean_picture(saved(image, kind))
    picture = opened(kept.data)
    assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (60, 40))
    assert picture.getpixel((5, 5)) == ((255, 255, 255) if mode == "RGBA" else (0, 0, 0))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_that_is_something_else_too_is_only_a_photo_afterwards(kind: str) -> None:
    page = b"<!doctype html><script>alert('polyglot')</script>"
    archive = b"PK\x03\x04polyglot.exePK\x05\x06"
    photo = saved(
        Image.effect_noise((60, 40), 50).convert("RGB"), kind, **({"comment": page} if kind == "JPEG" else {})
    )
    kept = clean_picture(photo + page + archive)
    for data in (kept.data, kept.preview):
        assert (data[:3], data[-2:]) == (b"\xff\xd8\xff", b"\xff\xd9")
        assert not [mark for mark in (b"polyglot", b"<script", b"PK\x03\x04") if mark in data]


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is enormous."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def text_bomb() -> bytes:
    """A small PNG with a comment that unpacks to twenty megabytes."""
    info = PngImagePlugin.PngInfo()
    info.add_text("comment", "x" * 20_000_000, zip=True)
    return saved(Image.new("RGB", (2, 2)), "PNG", pnginfo=info)


REFUSED = {
    "nothing": lambda: b"",
    "text": lambda: b"hello" * 100,
    "a PDF": lambda: b"%PDF-1.7\n1 0 obj\n",
    "SVG": lambda: b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "a GIF": lambda: saved(Image.new("P", (9, 9)), "GIF"),
    "a TIFF": lambda: saved(Image.new("RGB", (9, 9)), "TIFF"),
    "half a JPEG": lambda: jpeg_with_place()[:-400],
    "half a PNG": lambda: saved(Image.effect_noise((90, 90), 50), "PNG")[:900],
    "a bomb": lambda: bomb(50_000, 50_000),
    "a smaller bomb": lambda: bomb(9_000, 9_000),
    "a bomb in a comment": text_bomb,
}


@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED)
def test_what_is_no_photo_is_refused(make: Any) -> None:
    with pytest.raises(NotAPhoto):
        clean_picture(make())
