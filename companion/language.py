"""English and Simplified Chinese: which one a page speaks, and where its words come from."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask import Flask, Response, current_app, g, has_request_context, request
from flask_babel import Domain, force_locale, get_locale

from companion.config import ROOT
from companion.extensions import babel

LANGUAGES = ("en", "zh")
HTML_LANG = {"en": "en", "zh": "zh-Hans"}
CATALOGUES = ROOT / "companion" / "translations"
ONE_YEAR = 365 * 24 * 3600


class ClashingWords(Exception):
    """Two catalogues translate the same English text differently."""


def merged_catalogue(folder: Path) -> Catalog:
    """One catalogue from a file per feature. Raises ClashingWords where they disagree."""
    whole = Catalog(locale="zh", charset="utf-8")
    for path in sorted(folder.glob("*.po")):
        with path.open("rb") as file:
            part = read_po(file, locale="zh")
        for message in part:
            if not message.id:
                continue
            known = whole.get(message.id, message.context)
            if known is not None and known.string != message.string:
                raise ClashingWords(f"{path.name}: {message.id!r} is {message.string!r}, elsewhere {known.string!r}")
            whole[message.id] = message
    return whole


@cache
def translations_for(language: str) -> Translations:
    """The words of a language, compiled in memory once a process; English is its own text."""
    folder = CATALOGUES / language
    if not folder.is_dir():
        return Translations()
    compiled = io.BytesIO()
    write_mo(compiled, merged_catalogue(folder))
    compiled.seek(0)
    return Translations(fp=compiled)


class FeatureDomain(Domain):
    """Words from `translations/<language>/<feature>.po`, without compiled files on disk."""

    def get_translations(self) -> Translations:
        return translations_for(str(get_locale() or "en"))


def chosen_language() -> str:
    """The language of this page: asked for now, chosen before, its reader's, the account's, the browser's."""
    if not has_request_context():
        return "en"
    for choice in (
        request.args.get("lang"),
        request.cookies.get(_cookie()),
        g.get("reader_language"),
        getattr(g.get("account"), "language", None),
    ):
        if choice in LANGUAGES:
            return choice
    return request.accept_languages.best_match(LANGUAGES) or "en"


@contextmanager
def in_words_of(language: str | None) -> Iterator[None]:
    """A page for a reader who has not signed in: their language, unless this browser chose another one."""
    g.reader_language = language
    with force_locale(chosen_language()):
        yield


def _cookie() -> str:
    return f"{current_app.config['COOKIE_PREFIX']}lang"


def init_app(app: Flask) -> None:
    """Set up Flask-Babel and remember a choice made by `?lang=`."""
    babel.domain_instance = FeatureDomain()  # type: ignore[no-untyped-call]
    babel.init_app(app, default_locale="en", locale_selector=chosen_language)

    @app.after_request
    def remember(response: Response) -> Response:
        asked = request.args.get("lang")
        if asked in LANGUAGES and request.cookies.get(_cookie()) != asked:
            response.set_cookie(
                _cookie(),
                asked,
                max_age=ONE_YEAR,
                secure=app.config["SESSION_COOKIE_SECURE"],
                httponly=True,
                samesite="Lax",
            )
        return response

    @app.context_processor
    def words() -> dict[str, object]:
        language = chosen_language()
        return {"language": language, "html_lang": HTML_LANG[language]}
