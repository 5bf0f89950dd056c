"""The guide, the articles and the emergency page: open to everyone, the same for everyone."""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, abort, g, render_template, request
from flask.blueprints import BlueprintSetupState
from flask_babel import force_locale
from markupsafe import Markup

from companion.access import public
from companion.domain.safety import SHORT_LIST
from companion.language import HTML_LANG, chosen_language
from companion.learn import forms, queries
from companion.places import country_names

blueprint = Blueprint("learn", __name__)
CITED_BY_EMERGENCY = ("GGL", "HYQ")


@blueprint.record_once
def load(_: BlueprintSetupState) -> None:
    """Read the articles now, so that a wrong one stops the start and not a reader."""
    queries.library()


@blueprint.app_url_defaults
def say_where(endpoint: str, values: dict[str, Any]) -> None:
    """Links to the emergency page carry the country where the patient is, so that the page itself holds nothing."""
    if endpoint == "learn.emergency" and _country_of_patient():
        values.setdefault("country", _country_of_patient())


@blueprint.after_request
def may_be_kept(response: Response) -> Response:
    """Nothing here is about a person: a browser may keep it and ask whether it is still good."""
    response.headers["Cache-Control"] = "no-cache"
    response.vary.update(("Cookie", "Accept-Language"))
    return response


@blueprint.get("/guide")
@public
def guide() -> str:
    """The fourth tab: emergency signs, articles, costs, contacts."""
    return render_template("learn/guide_show.html")


@blueprint.get("/learn")
@public
def index() -> str:
    """All articles."""
    return render_template("learn/article_list.html", articles=queries.articles(chosen_language()))


@blueprint.get("/learn/<slug>")
@public
def show(slug: str) -> str:
    """One article."""
    article = queries.article(chosen_language(), slug)
    if article is None:
        abort(HTTPStatus.NOT_FOUND)
    return render_template("learn/article_show.html", article=article, next=queries.article_after(article))


@blueprint.get("/emergency")
@public
def emergency() -> str:
    """What to do now, by country and place; the other language is folded into the page, so that it works offline."""
    where = forms.whereabouts_in(request.args, _country_of_patient())
    other = "en" if chosen_language() == "zh" else "zh"
    return render_template(
        "learn/emergency_show.html",
        where=where,
        countries=forms.COUNTRIES,
        places=forms.PLACES,
        numbers=SHORT_LIST,
        territories=country_names(),
        sources=[queries.source(source_id) for source_id in CITED_BY_EMERGENCY],
        twin=_signs_in(other, where),
        twin_lang=HTML_LANG[other],
    )


def _signs_in(language: str, where: forms.Whereabouts) -> Markup:
    """The signs in a language, with the number to dial."""
    with force_locale(language):
        return Markup(render_template("learn/_signs_twin.html", where=where, numbers=SHORT_LIST))


def _country_of_patient() -> str | None:
    """The country where the patient of this request is now, when the request is about one."""
    circle = getattr(g.get("standing"), "circle", None)
    return getattr(circle, "location_country", None) or getattr(circle, "country", None)
