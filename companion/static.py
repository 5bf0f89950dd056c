"""Static files under an address that holds their digest, so that browsers may keep them for ever."""

import hashlib
from pathlib import Path

from flask import Flask, Response, request


def digest(folder: Path) -> str:
    """Twelve characters that change whenever a file below the folder does."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            total.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return total.hexdigest()[:12]


def init_app(app: Flask) -> None:
    """Let answers below the digest be kept for a year."""

    @app.after_request
    def keep(response: Response) -> Response:
        if request.endpoint == "static" and response.status_code == 200:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
