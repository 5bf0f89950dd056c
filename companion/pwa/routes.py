"""What makes a phone treat the pages as an app: service worker, manifest and the page shown without a connection."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import rjsmin
from flask import Blueprint, Response, current_app, make_response, render_template, request, url_for
from flask_babel import force_locale, ngettext
from flask_babel import gettext as _

from companion import scripts
from companion.access import public
from companion.language import HTML_LANG, LANGUAGES, chosen_language
from companion.static import SHEET

blueprint = Blueprint("pwa", __name__)

OUTBOX = tuple(f"js/offline/{name}.js" for name in ("outbox", "transport", "sync", "store", "leaving"))
"""Modules that the worker runs too; an order in which each finds what it needs."""
OUTBOX_NAMES = ("openStore", "Sync", "webLock", "transport", "finishLeaving", "WAITING")
KEPT_FOLDERS = ("css", "js", "icons")
PUBLIC_ROOTS = ("/emergency", "/learn", "/guide", "/offline", "/install")
PAPER = "#faf3e6"  # --paper of static/css/tokens.css in light, which a manifest cannot read there


@blueprint.get("/sw.js")
@public
def service_worker() -> Response:
    """The worker, at the root so that it may answer for every page; new static files make a new one."""
    house = json.dumps(_house(), sort_keys=True)
    response = make_response(f"const HOUSE = {house};\n{worker_script(_static_folder())}")
    response.headers["Content-Type"] = "text/javascript; charset=utf-8"
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Service-Worker-Allowed"] = "/"
    response.add_etag()  # browsers ask at every page whether there is a new one
    return response.make_conditional(request)  # type: ignore[return-value]


@blueprint.get("/manifest.webmanifest")
@public
def manifest() -> Response:
    """The name, colours and icons of the installed app in the language of the page that links it."""
    response = make_response(json.dumps(_manifest(), ensure_ascii=False))
    response.headers["Content-Type"] = "application/manifest+json; charset=utf-8"
    response.headers["Cache-Control"] = "no-cache"
    return response


@blueprint.get("/offline")
@blueprint.get("/offline/<any('check-in', infusions, waiting, saved, left):view>", endpoint="offline_view")
@public
def offline(view: str = "") -> str:
    """What is shown without a connection: one page for everyone, which the phone fills from what it keeps."""
    return render_template("pwa/offline_show.html", words=_page_words())


def _page_words() -> dict[str, Any]:
    """What the script of the offline page says by itself; `{n}` and the like are filled in there."""
    return {
        "kept": _("No connection. What you see was kept on %(when)s.", when="{when}"),
        "today": _("Today"),
        "tomorrow": _("Tomorrow"),
        "inDays": ngettext("In %(num)s day", "In %(num)s days", 2).replace("2", "{n}"),
        "booked": _("Booked by the clinic"),
        "expected": _("Expected: our estimate, not booked yet"),
        "noDates": _("No date is kept on this phone."),
        "own": _("My own circle"),
        "call": _("Call %(name)s", name="{name}"),
        "callPlain": _("Call"),
        "waits": _("Waiting for a connection"),
        "refused": _("Needs a look"),
        "reasons": {
            "not_taken": _("The server could not take it. Change it and save again."),
            "other_body": _("Saving it again makes a second check-in."),
            "changed_meanwhile": _("Press Change to save yours. Press Delete to keep what is saved."),
            "deleted_meanwhile": _("Press Change to bring it back with yours. Press Delete to leave it deleted."),
        },
        "change": _("Change of the check-in of %(day)s", day="{day}"),
        "changeHeading": _("How were your hands?"),
        "noCheckIns": _("No check-in of the last 14 days is kept on this phone."),
        "parts": {
            "movements": _("Movement check"),
            "daily_hands": _("Daily-hands list"),
            "tapping": _("Tapping test"),
        },
        "clockNow": _("The clock of this phone says %(told)s. It is %(right)s.", told="{told}", right="{right}"),
        "clock": _(
            "The clock of this phone said %(told)s. We use the right time: %(right)s.", told="{told}", right="{right}"
        ),
    }


@blueprint.get("/install")
@public
def install() -> str:
    """How to put the app on the home screen, by kind of phone."""
    return render_template("pwa/install_show.html")


def _house() -> dict[str, Any]:
    base = current_app.static_url_path or "/static"
    return {
        "version": base.rsplit("/", 1)[-1],
        "static": f"{base}/",
        "files": [f"{base}/{path}" for path in kept_files(_static_folder())],
        "offline": url_for("pwa.offline"),
        "emergency": url_for("learn.emergency", country=None),  # a worker is the same for everyone
        "articles": url_for("learn.index"),
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
def worker_script(folder: str) -> str:
    """The worker after its first line: `OUTBOX`, since not every browser takes modules for a worker, and `sw.js`."""
    outbox = scripts.plain(OUTBOX, OUTBOX_NAMES, scripts.reader(Path(folder)))
    own = Path(folder, "sw.js").read_text(encoding="utf-8")
    return str(rjsmin.jsmin(f"const OUTBOX = {outbox};\n{own}"))


@cache
def kept_files(folder: str) -> tuple[str, ...]:
    """The static files that pages need, as paths below the folder; stylesheets and groups of scripts come as one."""
    root = Path(folder)
    found = (path for kind in KEPT_FOLDERS for path in (root / kind).rglob("*") if path.is_file())
    paths = (path.relative_to(root).as_posix() for path in found)
    whole = (path for path in paths if not path.endswith(".css") or path == SHEET)
    return tuple(sorted(path for path in whole if path not in scripts.LEADERS))


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
        "shortcuts": _shortcuts(),
    }


def _shortcuts() -> list[dict[str, Any]]:
    """What a long press on the icon offers, where the phone has such a menu."""
    icon = {"src": url_for("static", filename="icons/icon-192.png"), "sizes": "192x192", "type": "image/png"}
    return [
        {"name": _("Check in"), "url": "/check-ins/new", "icons": [icon]},
        {"name": _("Next infusion"), "url": "/#next", "icons": [icon]},
    ]


def _icons() -> list[dict[str, str]]:
    """A mitten with one drop. All of it lies inside the circle of 80 % that a maskable icon may be cut to."""

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
