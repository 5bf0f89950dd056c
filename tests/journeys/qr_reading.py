"""Reads a QR code from a picture, as a phone does: from its squares alone, without the library that made it.

Versions 1 to 6, bytes only, and a clean picture: errors are not corrected, they would show as a wrong text.
"""

import io
from collections.abc import Callable, Iterator

from PIL import Image

BLOCKS = {  # data bytes of each block, by version and error correction level
    "L": ([19], [34], [55], [80], [108], [68, 68]),
    "M": ([16], [28], [44], [32, 32], [43, 43], [27] * 4),
    "Q": ([13], [22], [17, 17], [24, 24], [15, 15, 16, 16], [19] * 4),
    "H": ([9], [16], [13, 13], [9] * 4, [11, 11, 12, 12], [15] * 4),
}
LEVELS = {0b01: "L", 0b00: "M", 0b11: "Q", 0b10: "H"}
FORMAT_PLACES = [*((8, x) for x in (0, 1, 2, 3, 4, 5, 7, 8)), (7, 8), *((y, 8) for y in (5, 4, 3, 2, 1, 0))]
MASKS: tuple[Callable[[int, int], int], ...] = (
    lambda y, x: (y + x) % 2,
    lambda y, x: y % 2,
    lambda y, x: x % 3,
    lambda y, x: (y + x) % 3,
    lambda y, x: (y // 2 + x // 3) % 2,
    lambda y, x: y * x % 2 + y * x % 3,
    lambda y, x: (y * x % 2 + y * x % 3) % 2,
    lambda y, x: ((y + x) % 2 + y * x % 3) % 2,
)

Grid = list[list[bool]]


def read_qr(png: bytes) -> str:
    """The text of the one QR code in a screenshot."""
    grid = _squares(Image.open(io.BytesIO(png)).convert("L"))
    drawn = sum(grid[y][x] << (14 - n) for n, (y, x) in enumerate(FORMAT_PLACES)) ^ 0x5412
    level, mask = LEVELS[drawn >> 13], MASKS[drawn >> 10 & 7]
    bits = [grid[y][x] != (mask(y, x) == 0) for y, x in _data_places(len(grid))]
    words = [int("".join(str(int(bit)) for bit in bits[n : n + 8]), 2) for n in range(0, len(bits) - 7, 8)]
    data = _in_order(words, BLOCKS[level][(len(grid) - 17) // 4 - 1])
    stream = "".join(f"{byte:08b}" for byte in data)
    assert stream[:4] == "0100", "bytes only"
    count = int(stream[4:12], 2)
    return bytes(int(stream[12 + 8 * n : 20 + 8 * n], 2) for n in range(count)).decode()


def _squares(picture: Image.Image) -> Grid:
    """Which squares are dark; the first row begins with the seven dark ones of a corner."""
    rim = picture.width // 16  # inside the white rim, so that rounded corners are no squares
    inner = picture.crop((rim, rim, picture.width - rim, picture.height - rim))
    dark = inner.point(lambda value: 255 if value < 128 else 0)
    box = dark.getbbox()
    assert box is not None
    dark = dark.crop(box)
    run = next(x for x in range(dark.width) if not dark.getpixel((x, 2)))
    side = 17 + 4 * round((dark.width * 7 / run - 17) / 4)
    step = dark.width / side
    return [
        [bool(dark.getpixel((int((x + 0.5) * step), int((y + 0.5) * step)))) for x in range(side)]
        for y in range(side)
    ]


def _data_places(side: int) -> Iterator[tuple[int, int]]:
    """The squares that hold data, two columns at a time, up and down from the right."""
    upwards = True
    for right in [*range(side - 1, 6, -2), 5, 3, 1]:
        for y in reversed(range(side)) if upwards else range(side):
            yield from ((y, x) for x in (right, right - 1) if not _is_fixed(y, x, side))
        upwards = not upwards


def _is_fixed(y: int, x: int, side: int) -> bool:
    corner = (y < 9 and (x < 9 or x >= side - 8)) or (y >= side - 8 and x < 9)
    small_square = side > 21 and abs(y - (side - 7)) <= 2 and abs(x - (side - 7)) <= 2
    return corner or small_square or 6 in (y, x)


def _in_order(words: list[int], lengths: list[int]) -> list[int]:
    """The bytes of the blocks one after the other; drawn they take turns."""
    blocks: list[list[int]] = [[] for _length in lengths]
    turns = iter(words)
    for place in range(max(lengths)):
        for block, length in zip(blocks, lengths, strict=True):
            if place < length:
                block.append(next(turns))
    return [byte for block in blocks for byte in block]
