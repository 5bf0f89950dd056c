"""Static files under an address that holds their digest, so that browsers may keep them for ever."""

import hashlib
import re
from pathlib import Path

from flask import Flask, Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from companion.access import public

SHEET = "css/app.css"
IMPORT = re.compile(r'@import url\("([^"]+)"\) layer\((\w+)\) ?([^;]*);')
TEXTS = (".js", ".svg")
VERSION = re.compile(r"[0-9a-f]{12}", re.ASCII)
RELATIVE = re.compile(r"""url\(\s*(["']?)(?![a-z]+:|[/#])([^"')]+)\1\s*\)""")


def digest(folder: Path) -> str:
    """Twelve characters that change whenever a file below the folder does, or what is made of it here."""
    total = hashlib.sha256(Path(__file__).read_bytes())
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            total.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return total.hexdigest()[:12]


def bundle(sheet: Path) -> str:
    """A stylesheet with its imports written into it, each in its layer: one request instead of forty."""

    def written_out(found: re.Match[str]) -> str:
        path, layer, media = found.groups()
        text = (sheet.parent / path).read_text(encoding="utf-8").strip()
        text = RELATIVE.sub(rf"url(\1{Path(path).parent.as_posix()}/\2\1)", text)
        block = f"@layer {layer} {{\n{text}\n}}"
        return f"@media {media} {{\n{block}\n}}" if media else block

    return IMPORT.sub(written_out, sheet.read_text(encoding="utf-8"))


def init_app(app: Flask) -> None:
    """Serve the stylesheets as one, and let answers below the digest be kept for a year."""
    whole = bundle(Path(app.static_folder or "") / SHEET)
    one_file = app.view_functions["static"]

    def static_file(filename: str) -> Response:
        if filename != SHEET:
            file: Response = one_file(filename=filename)  # type: ignore[assignment]
            if filename.endswith(TEXTS):
                file.direct_passthrough = False
                file.make_sequence()  # a stream could not be packed by gzip, which is all that plain http asks for
            return file
        response = Response(whole, mimetype="text/css")
        response.add_etag()
        return response.make_conditional(request)  # type: ignore[return-value]

    app.view_functions["static"] = static_file
    today = (app.static_url_path or "").rsplit("/", 1)[-1]

    @app.get("/static/<version>/<path:filename>")
    @public
    def earlier_static(version: str, filename: str) -> WerkzeugResponse:
        """A page of an earlier version that is still open asks for its files: today's do the same work."""
        if version == today or not VERSION.fullmatch(version):
            abort(404)
        return redirect(url_for("static", filename=filename), 302)

    @app.after_request
    def keep(response: Response) -> Response:
        if request.endpoint == "static" and response.status_code in (200, 206, 304):
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
