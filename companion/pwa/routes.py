"""What makes a phone treat the pages as an app: service worker, manifest and the page shown without a connection."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, make_response, render_template, url_for
from flask_babel import force_locale
from flask_babel import gettext as _

from companion.access import public
from companion.language import HTML_LANG, LANGUAGES, chosen_language
from companion.static import SHEET

blueprint = Blueprint("pwa", __name__)

KEPT_FOLDERS = ("css", "js", "icons")
PUBLIC_ROOTS = ("/emergency", "/learn", "/guide", "/offline")
PAPER = "#faf3e6"  # --paper of static/css/tokens.css in light, which a manifest cannot read there


@blueprint.get("/sw.js")
@public
def service_worker() -> Response:
    """The worker, at the root so that it may answer for every page; new static files make a new one."""
    house = json.dumps(_house(), sort_keys=True)
    script = Path(_static_folder(), "sw.js").read_text(encoding="utf-8")
    response = make_response(f"const HOUSE = {house};\n{script}")
    response.headers["Content-Type"] = "text/javascript; charset=utf-8"
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Service-Worker-Allowed"] = "/"
    return response


@blueprint.get("/manifest.webmanifest")
@public
def manifest() -> Response:
    """The name, colours and icons of the installed app in the language of the page that links it."""
    response = make_response(json.dumps(_manifest(), ensure_ascii=False))
    response.headers["Content-Type"] = "application/manifest+json; charset=utf-8"
    response.headers["Cache-Control"] = "no-cache"
    return response


@blueprint.get("/offline")
@public
def offline() -> str:
    """What is shown when a page is asked for without a connection."""
    return render_template("pwa/offline_show.html")


def _house() -> dict[str, Any]:
    base = current_app.static_url_path or "/static"
    return {
        "version": base.rsplit("/", 1)[-1],
        "static": f"{base}/",
        "files": [f"{base}/{path}" for path in kept_files(_static_folder())],
        "offline": url_for("pwa.offline"),
        "emergency": url_for("learn.emergency"),
        "public": PUBLIC_ROOTS,
        "answers": url_for("reminders.answer", token="-").removesuffix("-"),
        "ack": url_for("devices.ack"),
        "pushKey": url_for("devices.key"),
        "renewals": url_for("devices.renew"),
        "icon": url_for("static", filename="icons/icon-192.png"),
        "words": {language: _message_words(language) for language in LANGUAGES},
    }


def _message_words(language: str) -> dict[str, str]:
    """What the worker says by itself, when a message cannot be read and after an answer."""
    with force_locale(language):
        return {
            "reminder": _("A reminder is waiting for you"),
            "saved": _("Saved. Tap to undo."),
            "unsaved": _("Not saved yet. Tap to answer."),
        }


@cache
def kept_files(folder: str) -> tuple[str, ...]:
    """The static files that every page needs, as paths below the folder; the stylesheets come as one."""
    root = Path(folder)
    found = (path for kind in KEPT_FOLDERS for path in (root / kind).rglob("*") if path.is_file())
    paths = (path.relative_to(root).as_posix() for path in found)
    return tuple(sorted(path for path in paths if not path.endswith(".css") or path == SHEET))


def _static_folder() -> str:
    return str(current_app.static_folder)


def _manifest() -> dict[str, Any]:
    return {
        "id": "/",
        "name": _("MMN Companion"),
        "short_name": _("Companion"),
        "description": _("Your hands, your infusions, in one calm place."),
        "lang": HTML_LANG[chosen_language()],
        "dir": "ltr",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "theme_color": PAPER,
        "background_color": PAPER,
        "categories": ["health"],
        "icons": _icons(),
    }


def _icons() -> list[dict[str, str]]:
    def icon(name: str, sizes: str, purpose: str = "any") -> dict[str, str]:
        kind = "image/svg+xml" if name.endswith(".svg") else "image/png"
        return {"src": url_for("static", filename=f"icons/{name}"), "sizes": sizes, "type": kind, "purpose": purpose}

    return [
        icon("icon.svg", "any"),
        icon("icon-192.png", "192x192"),
        icon("icon-512.png", "512x512"),
        icon("icon-maskable-192.png", "192x192", "maskable"),
        icon("icon-maskable-512.png", "512x512", "maskable"),
    ]
