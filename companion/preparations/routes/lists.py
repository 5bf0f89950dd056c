"""Things to prepare: tick them, and change the list of one infusion or of the circle."""

from collections.abc import Callable
from typing import Any

from flask import abort, g, render_template, request, url_for
from flask_babel import gettext as _

from companion import answers, clock
from companion.access import needs
from companion.circles.models import Circle
from companion.database import transaction
from companion.infusions.models import Infusion
from companion.preparations import operations, queries, words
from companion.preparations.forms import ItemForm
from companion.preparations.models import IV, SC, PreparationChange
from companion.preparations.operations import ItemIsGone
from companion.preparations.routes import blueprint
from companion.preparations.routes.shared import refuse_cancelled, undo_of
from companion.submissions import once

Owner = Infusion | Circle


@blueprint.get("/infusions/<public_id>/preparations")
@needs("see_dates", row=Infusion)
def list_of_course(infusion: Infusion) -> Any:
    """The list of a course, to tick."""
    refuse_cancelled(infusion)
    first_on = infusion.days[0].planned_on
    return render_template(
        "preparations/list_show.html", infusion=infusion, items=queries.list_of(infusion), first_on=first_on
    )


@blueprint.post("/infusions/<public_id>/preparations/ticks")
@needs("answer", row=Infusion)
@once
def tick(infusion: Infusion) -> Any:
    """Ready, or not after all."""
    refuse_cancelled(infusion)
    done = request.form.get("done") != "0"
    url = url_for(".list_of_course", public_id=infusion.public_id)
    try:
        with transaction():
            change = operations.tick_item(
                infusion, request.form.get("key", ""), done=done, account=g.standing.account, now=clock.now()
            )
    except ItemIsGone:
        return answers.done(url, _("This is not on the list any more."))
    return answers.done(url, _("Ready.") if done else _("Not ready after all."), undo_of(change))


@blueprint.get("/infusions/<public_id>/preparations/edit")
@needs("manage_dates", row=Infusion)
def edit_list(infusion: Infusion) -> Any:
    """Change the list of this course only."""
    refuse_cancelled(infusion)
    return _list_page(infusion, queries.route_of(infusion))


@blueprint.get("/infusions/<public_id>/preparations/item")
@needs("manage_dates", row=Infusion)
def edit_item(infusion: Infusion) -> Any:
    """Add a thing, or change the named one."""
    refuse_cancelled(infusion)
    return _item_page(infusion, queries.route_of(infusion))


@blueprint.post("/infusions/<public_id>/preparations")
@needs("manage_dates", row=Infusion)
@once
def save_item(infusion: Infusion) -> Any:
    """Save a thing of this course."""
    refuse_cancelled(infusion)
    return _save_item(infusion, queries.route_of(infusion))


@blueprint.post("/infusions/<public_id>/preparations/order")
@needs("manage_dates", row=Infusion)
def order_item(infusion: Infusion) -> Any:
    """One place up or down."""
    refuse_cancelled(infusion)
    return _order_item(infusion, queries.route_of(infusion))


@blueprint.post("/infusions/<public_id>/preparations/removal")
@needs("manage_dates", row=Infusion)
def remove_item(infusion: Infusion) -> Any:
    """Take a thing off the list of this course."""
    refuse_cancelled(infusion)
    return _remove_item(infusion, queries.route_of(infusion))


@blueprint.get("/preparations")
@needs("manage_dates")
def circle_list() -> Any:
    """The list that new infusions begin with (`?route=SC`: under the skin)."""
    return _list_page(g.standing.circle, _route(request.args.get("route")))


@blueprint.get("/preparations/item")
@needs("manage_dates")
def circle_item() -> Any:
    """Add a thing, or change the named one."""
    return _item_page(g.standing.circle, _route(request.args.get("route")))


@blueprint.post("/preparations")
@needs("manage_dates")
@once
def save_circle_item() -> Any:
    """Save a thing of the circle's list."""
    return _save_item(g.standing.circle, _route(request.form.get("route")))


@blueprint.post("/preparations/order")
@needs("manage_dates")
def order_circle_item() -> Any:
    """One place up or down."""
    return _order_item(g.standing.circle, _route(request.form.get("route")))


@blueprint.post("/preparations/removal")
@needs("manage_dates")
def remove_circle_item() -> Any:
    """Take a thing off the circle's list."""
    return _remove_item(g.standing.circle, _route(request.form.get("route")))


def _route(text: str | None) -> str:
    return SC if text == SC else IV


def _items(owner: Owner, route: str) -> list[queries.Item]:
    return queries.list_of(owner) if isinstance(owner, Infusion) else queries.circle_list(owner, route)


def _save_item(owner: Owner, route: str) -> Any:
    form = ItemForm(request.form)
    if not form.validate():
        return _item_page(owner, route, form), 422
    lead_days, now, account = form.lead or 0, clock.now(), g.standing.account
    known = next((item for item in _items(owner, route) if item.key == form.key.data), None)
    if not form.key.data:
        change = operations.add_item(
            owner, route, words=str(form.words.data), lead_days=lead_days, account=account, now=now
        )
    elif known is None:
        return answers.done(_list_url(owner, route), _("This is not on the list any more."))
    else:
        same = form.words.data == words.item_title(known)
        own_words = known.words if same else form.words.data
        change = operations.change_item(
            owner, route, known.key, words=own_words, lead_days=lead_days, account=account, now=now
        )
    return answers.done(_list_url(owner, route), _("Saved"), undo_of(change))


def _order_item(owner: Owner, route: str) -> Any:
    by = -1 if request.form.get("by") == "-1" else 1
    return _write(owner, route, operations.move_item, str(_("Moved.")), by=by)


def _remove_item(owner: Owner, route: str) -> Any:
    return _write(owner, route, operations.remove_item, str(_("Removed.")))


def _write(owner: Owner, route: str, write: Callable[..., PreparationChange], message: str, **values: Any) -> Any:
    url = _list_url(owner, route)
    try:
        with transaction():
            change = write(
                owner, route, request.form.get("key", ""), account=g.standing.account, now=clock.now(), **values
            )
    except ItemIsGone:
        return answers.done(url, _("This is not on the list any more."))
    return answers.done(url, message, undo_of(change))


def _list_url(owner: Owner, route: str) -> str:
    if isinstance(owner, Infusion):
        return url_for(".edit_list", public_id=owner.public_id)
    return url_for(".circle_list", route=route)


def _list_page(owner: Owner, route: str) -> str:
    return render_template(
        "preparations/list_edit.html",
        infusion=owner if isinstance(owner, Infusion) else None,
        route=route,
        items=_items(owner, route),
    )


def _item_page(owner: Owner, route: str, form: ItemForm | None = None) -> str:
    key = form.key.data if form else request.args.get("key")
    known = next((item for item in _items(owner, route) if item.key == key), None)
    if key and known is None and form is None:
        abort(404)
    if form is None:
        start = (
            {"key": known.key, "words": words.item_title(known), "lead_days": str(known.lead_days)} if known else {}
        )
        form = ItemForm(data=start)
    return render_template(
        "preparations/item_edit.html",
        infusion=owner if isinstance(owner, Infusion) else None,
        route=route,
        form=form,
        known=known,
    )
