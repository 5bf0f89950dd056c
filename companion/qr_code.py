"""A QR code as one path for an inline SVG: nothing to load, no style attribute, sharp in print."""

from dataclasses import dataclass

import segno

QUIET_ZONE = 4


@dataclass(frozen=True, slots=True)
class QRCode:
    """What an SVG needs: how many squares a side has, and the path of the dark ones."""

    side: int
    path: str


def qr_code(text: str) -> QRCode:
    """The code of a text, with the white rim that readers need, and able to bear a smudge (level M)."""
    rows = [bytes(row) for row in segno.make(text, error="m", micro=False).matrix_iter(border=QUIET_ZONE)]
    runs = "".join(_runs(row, y) for y, row in enumerate(rows))
    return QRCode(len(rows), runs)


def _runs(row: bytes, y: int) -> str:
    """Dark squares of one row, neighbours joined."""
    path, x = "", 0
    while (start := row.find(b"\x01", x)) >= 0:
        x = row.find(b"\x00", start)
        path += f"M{start} {y}h{x - start}v1h-{x - start}z"
    return path
