"""Static files under an address that holds their digest, so that browsers may keep them for ever.

Styles and scripts are joined, shortened and packed by the program itself, once a process: there is no build step.
"""

import gzip
import hashlib
import re
from functools import cache
from pathlib import Path

import brotli
import rjsmin
from flask import Flask, Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from companion import scripts
from companion.access import public

SHEET = "css/app.css"
IMPORT = re.compile(r'@import url\("([^"]+)"\) layer\((\w+)\) ?([^;]*);')
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
QUOTED = r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')"""
COMMENT = re.compile(QUOTED + r"|/\*()(?:.*?)\*/", re.DOTALL)
SPACE = re.compile(QUOTED + r"|\s*([{};,])\s*|\s+")
AFTER_NAME = re.compile(r"(?<=[{;])([\w-]+): ")
WAYS_TO_PACK = ("br", "gzip")
VERSION = re.compile(r"[0-9a-f]{12}", re.ASCII)
RELATIVE = re.compile(r"""url\(\s*(["']?)(?![a-z]+:|[/#])([^"')]+)\1\s*\)""")
MAKERS = (Path(__file__), Path(scripts.__file__))


def digest(folder: Path) -> str:
    """Twelve characters that change whenever a file below the folder does, or what is made of it here."""
    total = hashlib.sha256(b"".join(maker.read_bytes() for maker in MAKERS))
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


def shortened(sheet: str) -> str:
    """A stylesheet without comments and idle space; what stands in quotation marks stays as it is."""

    def less(found: re.Match[str]) -> str:
        quoted, mark = found.groups()
        return quoted or mark or " "

    text = SPACE.sub(less, COMMENT.sub(less, sheet)).strip()
    return AFTER_NAME.sub(r"\1:", text).replace(";}", "}")


@cache
def sent(root: Path, path: str) -> str:
    """The text that the address of a stylesheet, a script or a drawing answers, without comments and idle space."""
    if path == SHEET:
        return shortened(bundle(root / path))
    if path.endswith(".js"):
        return str(rjsmin.jsmin(scripts.sent(path, scripts.reader(root))))
    return (root / path).read_text(encoding="utf-8")


@cache
def packed(root: Path, path: str, way: str | None) -> bytes:
    """The same as bytes, packed as well as can be: it is done once and sent to everyone."""
    data = sent(root, path).encode()
    if way == "br":
        return bytes(brotli.compress(data, quality=11))
    return gzip.compress(data, 9, mtime=0) if way == "gzip" else data


def texts_in(root: Path) -> frozenset[str]:
    """The paths of what is sent as a text of ours; the parts of the stylesheet come inside of it."""
    found = (path.relative_to(root).as_posix() for path in root.rglob("*") if path.suffix in KINDS)
    return frozenset(path for path in found if not path.endswith(".css") or path == SHEET)


def pack_ahead(root: Path) -> None:
    """What every page needs, so that the first visitor need not wait for it."""
    for path in (SHEET, *scripts.GROUPS):
        packed(root, path, "br")


def init_app(app: Flask) -> None:
    """Serve texts as they are sent and all else as it lies there; all of it may be kept for a year."""
    root = Path(app.static_folder or "")
    texts = texts_in(root)
    bundle(root / SHEET)  # a sheet that is missing stops the start
    one_file = app.view_functions["static"]
    today = (app.static_url_path or "").rsplit("/", 1)[-1]
    app.extensions["pack_ahead"] = lambda: pack_ahead(root)

    def static_file(filename: str) -> Response:
        if app.debug:
            sent.cache_clear()
            packed.cache_clear()
        if filename not in texts:
            return one_file(filename=filename)  # type: ignore[return-value]
        way = request.accept_encodings.best_match(WAYS_TO_PACK)
        response = Response(packed(root, filename, way), mimetype=KINDS[Path(filename).suffix])
        if way:
            response.headers["Content-Encoding"] = way
        response.set_etag(f"{today}-{way}" if way else today)
        return response.make_conditional(request)  # type: ignore[return-value]

    app.view_functions["static"] = static_file

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
