"""Photos that people send: read with care, turned upright, made small, and cleared of everything but the picture."""

import io
import threading
from dataclasses import dataclass

from PIL import Image, ImageOps

FORMATS = ("JPEG", "PNG", "WEBP")
LONG_SIDE, PREVIEW_SIDE = 2000, 480
QUALITY, PREVIEW_QUALITY = 82, 70
MOST_PIXELS_OF_JPEG = 64_000_000
MOST_PIXELS = 25_000_000
"""A JPEG is read at a fraction of its size straight away; the others are unpacked whole, at four bytes a pixel."""

_ONE_AT_A_TIME = threading.Lock()


class NotAPhoto(Exception):
    """The bytes are no picture of a known kind, are damaged, or would unpack to far too much."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG without any data beside the picture, a small one of it, and its size."""

    data: bytes
    preview: bytes
    width: int
    height: int


def clean_picture(sent: bytes) -> Picture:
    """What is kept of a photo: upright, at most 2000 px on its long side, no place, camera or comment.

    One photo at a time is unpacked: twelve sent at once must not fill a small machine. Raises NotAPhoto.
    """
    with _ONE_AT_A_TIME:
        try:
            upright = _read(sent)
        except (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, OverflowError, EOFError) as error:
            raise NotAPhoto from error
        except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
            raise NotAPhoto from error
        small = upright.copy()
        small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
        return Picture(_as_jpeg(upright, QUALITY), _as_jpeg(small, PREVIEW_QUALITY), *upright.size)


def _read(sent: bytes) -> Image.Image:
    with Image.open(io.BytesIO(sent), formats=FORMATS) as opened:
        is_jpeg = opened.format in ("JPEG", "MPO")
        if opened.width * opened.height > (MOST_PIXELS_OF_JPEG if is_jpeg else MOST_PIXELS):
            raise NotAPhoto
        opened.draft("RGB", (LONG_SIDE, LONG_SIDE))
        turned = ImageOps.exif_transpose(opened)
        turned.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
        return _on_paper(turned)


def _on_paper(image: Image.Image) -> Image.Image:
    """A fresh RGB picture that inherits nothing; what was transparent is white."""
    paper = Image.new("RGB", image.size, "white")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        paper.paste(layer, mask=layer.getchannel("A"))
    else:
        paper.paste(image.convert("RGB"))
    return paper


def _as_jpeg(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()
