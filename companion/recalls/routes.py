"""Recall look-up: a notice is read and forgotten; nothing of it is stored, logged or put into an address."""

from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask_babel import force_locale
from markupsafe import Markup

from companion import clock
from companion.access import needs, signed_in
from companion.circles.queries import contacts_of
from companion.formatting import local_date
from companion.language import HTML_LANG, chosen_language
from companion.recalls import queries
from companion.recalls.forms import NAME_WORDS, NoticeForm, PaperForm

blueprint = Blueprint("recalls", __name__)


@blueprint.get("/recalls")
@needs("see_dates")
def new() -> Any:
    """Paste a notice, or ask for one lot."""
    return _page(NoticeForm())


@blueprint.get("/recall")
@signed_in
def old_address() -> Any:
    """The address of before, which people may have kept."""
    return redirect(url_for(".new"), 301)


@blueprint.post("/recalls")
@needs("see_dates")
def look_up() -> Any:
    """The result, drawn at once: a redirect would have to carry the notice."""
    form = NoticeForm(request.form)
    if not form.validate():
        return _page(form), 422
    answer = queries.answer_notice(g.standing.circle, form.text, _today())
    return render_template(
        "recalls/recall_show.html",
        answer=answer,
        form=form,
        contacts=contacts_of(g.standing.circle),
        names=NAME_WORDS,
        name=g.standing.circle.shown_name,
    )


@blueprint.post("/recalls/paper")
@needs("see_dates")
def paper() -> Any:
    """The result for the nurse, to print, in both languages."""
    form, circle, today = PaperForm(request.form), g.standing.circle, _today()
    answer = queries.answer_reading(circle, form.reading, today)
    shown = {"answer": answer, "name": form.name_on_paper(circle.shown_name), "today": today}
    first = chosen_language()
    parts = [(HTML_LANG[each], _in(each, **shown)) for each in (first, "en" if first == "zh" else "zh")]
    return render_template("recalls/recall_paper.html", parts=parts)


def _in(language: str, **shown: Any) -> Markup:
    with force_locale(language):
        return Markup(render_template("recalls/_paper.html", **shown))


def _today() -> Any:
    return local_date(clock.now(), g.standing.circle.tz)


def _page(form: NoticeForm) -> str:
    return render_template(
        "recalls/recall_new.html", form=form, coverage=queries.coverage(g.standing.circle, _today())
    )
