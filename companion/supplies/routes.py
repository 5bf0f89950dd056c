"""Pages of supplies at home: the list, one supply, and what an infusion used."""

from typing import Any

from flask import Blueprint, abort, g, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from companion import answers, clock
from companion.access import needs
from companion.circles.queries import contacts_of
from companion.database import transaction
from companion.formatting import local_date
from companion.infusions.models import Infusion
from companion.submissions import once
from companion.supplies import operations, queries, words
from companion.supplies.forms import ParcelForm, RecountForm, StockForm, SupplyForm, used_counts
from companion.supplies.models import Parcel, Supply, SupplyChange, SupplyStock
from companion.supplies.operations import ParcelIsOver, ShortOf

blueprint = Blueprint("supplies", __name__)
USED = "used-"


@blueprint.app_context_processor
def supply_words() -> dict[str, Any]:
    """Words that Today shows too."""
    return {"supply_words": words}


@blueprint.get("/supplies")
@needs("see_dates")
def index() -> Any:
    """What is at home, what runs low, what is on its way."""
    return render_template(
        "supplies/supply_list.html",
        shelves=queries.shelves(g.standing.circle, _today()),
        pharmacy=contacts_of(g.standing.circle).get("pharmacy"),
    )


@blueprint.get("/supplies/new")
@needs("manage_dates")
def new() -> Any:
    """Bottles or material?"""
    return _edit_page(SupplyForm(), None, StockForm())


@blueprint.post("/supplies")
@needs("manage_dates")
@once
def create() -> Any:
    """Add a supply, with the pieces that are there where they were said."""
    form, first = SupplyForm(request.form), StockForm(request.form)
    has_stock = any(request.form.get(name, "").strip() for name in ("count", "lot", "expires"))
    fits = form.validate()
    if (has_stock and not first.validate()) or not fits:
        return _edit_page(form, None, first), 422
    now = clock.now()
    supply = operations.add_supply(g.standing.circle, kind=form.kind.data or "", now=now, **form.supply())
    if has_stock:
        operations.receive(supply, on=_today(), account=g.standing.account, now=now, **first.stock())
    undo = answers.undo(url_for(".delete", public_id=supply.public_id))
    message = _("%(name)s is on the list.", name=supply.name)
    return answers.saved(supply.public_id, url_for(".show", public_id=supply.public_id), message, undo)


@blueprint.get("/supplies/<public_id>")
@needs("see_dates", row=Supply)
def show(supply: Supply) -> Any:
    """One supply: its lots, what comes, what happened."""
    _refuse_deleted(supply)
    return _show_page(supply)


@blueprint.get("/supplies/<public_id>/edit")
@needs("manage_dates", row=Supply)
def edit(supply: Supply) -> Any:
    """Change name, grams or limit."""
    _refuse_deleted(supply)
    return _edit_page(SupplyForm(obj=supply), supply, None)


@blueprint.post("/supplies/<public_id>")
@needs("manage_dates", row=Supply)
def update(supply: Supply) -> Any:
    """Save name, grams and limit."""
    _refuse_deleted(supply)
    form = SupplyForm(request.form, data={"kind": supply.kind})
    form.kind.data = supply.kind
    if not form.validate():
        return _edit_page(form, supply, None), 422
    with transaction():
        operations.change_supply(supply, **form.supply())
    return answers.done(url_for(".show", public_id=supply.public_id), _("Saved"))


@blueprint.post("/supplies/<public_id>/deletion")
@needs("manage_dates", row=Supply)
def delete(supply: Supply) -> Any:
    """Take it off the list."""
    with transaction():
        operations.delete_supply(supply, clock.now())
    undo = answers.undo(url_for(".restore", public_id=supply.public_id))
    return answers.done(url_for(".index"), _("%(name)s is off the list.", name=supply.name), undo)


@blueprint.post("/supplies/<public_id>/restoration")
@needs("manage_dates", row=Supply)
def restore(supply: Supply) -> Any:
    """Put it back on the list."""
    with transaction():
        operations.restore_supply(supply)
    return answers.done(url_for(".show", public_id=supply.public_id), _("%(name)s is on the list.", name=supply.name))


@blueprint.get("/supplies/<public_id>/stock")
@needs("answer", row=Supply)
def stock(supply: Supply) -> Any:
    """Some came in."""
    _refuse_deleted(supply)
    return _stock_page(supply, StockForm(), None)


@blueprint.post("/supplies/<public_id>/stock")
@needs("answer", row=Supply)
@once
def add_stock(supply: Supply) -> Any:
    """Add the pieces that came, out of a parcel where one is named."""
    _refuse_deleted(supply)
    form = StockForm(request.form)
    parcel = next((one for one in supply.parcels if one.public_id == request.form.get("parcel")), None)
    if not form.validate():
        return _stock_page(supply, form, parcel), 422
    try:
        change = operations.receive(
            supply, on=_today(), parcel=parcel, account=g.standing.account, now=clock.now(), **form.stock()
        )
    except ParcelIsOver:
        return answers.done(_page_of(supply), _("This parcel has arrived already. Nothing was changed."))
    return _changed(change, supply)


@blueprint.get("/supply-stocks/<public_id>/count")
@needs("answer", row=SupplyStock)
def recount(stock: SupplyStock) -> Any:
    """Count again."""
    _refuse_deleted(stock.supply)
    return _count_page(stock, RecountForm())


@blueprint.post("/supply-stocks/<public_id>/count")
@needs("answer", row=SupplyStock)
def save_count(stock: SupplyStock) -> Any:
    """Keep the number that was counted."""
    _refuse_deleted(stock.supply)
    form = RecountForm(request.form)
    if not form.validate():
        return _count_page(stock, form), 422
    with transaction():
        change = operations.count_again(stock, form.count.count or 0, account=g.standing.account, now=clock.now())
    return _changed(change, stock.supply)


@blueprint.post("/supply-stocks/<public_id>/disposal")
@needs("answer", row=SupplyStock)
def dispose(stock: SupplyStock) -> Any:
    """All of these are gone."""
    with transaction():
        change = operations.throw_away(stock, account=g.standing.account, now=clock.now())
    return _changed(change, stock.supply)


@blueprint.get("/supplies/<public_id>/parcels/new")
@needs("answer", row=Supply)
def parcel_new(supply: Supply) -> Any:
    """Some are on their way."""
    _refuse_deleted(supply)
    return _parcel_page(supply, ParcelForm(today=_today()))


@blueprint.post("/supplies/<public_id>/parcels")
@needs("answer", row=Supply)
@once
def parcel_create(supply: Supply) -> Any:
    """Expect a parcel."""
    _refuse_deleted(supply)
    form = ParcelForm(request.form, today=_today())
    if not form.validate():
        return _parcel_page(supply, form), 422
    parcel = operations.expect_parcel(
        supply, count=form.count.count or 0, expected_on=form.expected_on.data, now=clock.now()
    )
    undo = answers.undo(url_for(".parcel_call_off", public_id=parcel.public_id))
    return answers.saved(parcel.public_id, _page_of(supply), _("The parcel is noted."), undo)


@blueprint.get("/parcels/<public_id>/arrival")
@needs("answer", row=Parcel)
def parcel_arrival(parcel: Parcel) -> Any:
    """The parcel came: how many, which lot."""
    if parcel.arrived_at is not None or parcel.cancelled_at is not None:
        return answers.done(_page_of(parcel.supply), _("This parcel has arrived already. Nothing was changed."))
    return _stock_page(parcel.supply, StockForm(data={"count": str(parcel.count)}), parcel)


@blueprint.post("/parcels/<public_id>/cancellation")
@needs("answer", row=Parcel)
def parcel_call_off(parcel: Parcel) -> Any:
    """The parcel does not come."""
    try:
        with transaction():
            operations.call_off_parcel(parcel, clock.now())
    except ParcelIsOver:
        return answers.done(_page_of(parcel.supply), _("This parcel has arrived already. Nothing was changed."))
    undo = answers.undo(url_for(".parcel_expect", public_id=parcel.public_id))
    return answers.done(_page_of(parcel.supply), _("The parcel is called off."), undo)


@blueprint.post("/parcels/<public_id>/expectation")
@needs("answer", row=Parcel)
def parcel_expect(parcel: Parcel) -> Any:
    """The parcel comes after all."""
    with transaction():
        operations.expect_again(parcel)
    return answers.done(_page_of(parcel.supply), _("The parcel is noted."))


@blueprint.post("/supply-changes/<public_id>/undo")
@needs("answer", row=SupplyChange)
def undo(change: SupplyChange) -> Any:
    """Take a change back."""
    with transaction():
        operations.undo_change(change, clock.now())
    if change.infusion is not None:
        return answers.done(url_for(".use", public_id=change.infusion.public_id), _("Undone."))
    supply = change.moves[0].stock.supply if change.moves else None
    return answers.done(_page_of(supply) if supply else url_for(".index"), _("Undone."))


@blueprint.get("/infusions/<public_id>/supplies")
@needs("answer", row=Infusion)
def use(infusion: Infusion) -> Any:
    """What did this infusion use?"""
    return _use_page(infusion, {}, {})


@blueprint.post("/infusions/<public_id>/supplies")
@needs("answer", row=Infusion)
@once
def save_use(infusion: Infusion) -> Any:
    """Take what was used off the shelf, and write the lots down where that is wished."""
    if infusion.cancelled_at is not None:
        abort(404)
    typed = {name[len(USED) :]: text for name, text in request.form.items() if name.startswith(USED)}
    counts, errors = used_counts(typed)
    by_id = {shelf.supply.public_id: shelf.supply for shelf in queries.shelves(g.standing.circle, _today())}
    wanted = {by_id[ident]: count for ident, count in counts.items() if ident in by_id and count}
    if not wanted and not errors:
        errors = {"": str(_("Say how many of at least one thing."))}
    if errors:
        return _use_page(infusion, typed, errors), 422
    try:
        change = operations.use_in_infusion(
            infusion,
            wanted,
            with_vials=request.form.get("with_vials") == "1",
            account=g.standing.account,
            now=clock.now(),
        )
    except ShortOf as refused:
        return _use_page(infusion, typed, {refused.supply.public_id: _short_words(refused.there)}), 422
    undo = answers.undo(url_for(".undo", public_id=change.public_id))
    page = url_for("infusions.show", public_id=infusion.public_id)
    return answers.saved(change.public_id, page, _used_words(change), undo)


def _short_words(there: int) -> str:
    return ngettext("Only %(num)s is there. Count again first.", "Only %(num)s are there. Count again first.", there)


def _used_words(change: SupplyChange) -> str:
    if not change.vial_ids:
        return str(_("What was used is noted."))
    return ngettext(
        "What was used is noted, with %(num)s lot number.",
        "What was used is noted, with %(num)s lot numbers.",
        len(change.vial_ids),
    )


def _changed(change: SupplyChange | None, supply: Supply) -> Any:
    if change is None:
        return answers.done(_page_of(supply), _("That is what the list says already."))
    undo = answers.undo(url_for(".undo", public_id=change.public_id))
    return answers.saved(change.public_id, _page_of(supply), _("Saved"), undo)


def _page_of(supply: Supply) -> str:
    return url_for(".show", public_id=supply.public_id)


def _today() -> Any:
    return local_date(clock.now(), g.standing.circle.tz)


def _refuse_deleted(supply: Supply) -> None:
    if supply.deleted_at is not None:
        abort(404)


def _show_page(supply: Supply) -> str:
    return render_template(
        "supplies/supply_show.html",
        shelf=queries.shelf_of(supply, _today()),
        changes=queries.changes_of(supply),
        pharmacy=contacts_of(g.standing.circle).get("pharmacy"),
    )


def _edit_page(form: SupplyForm, supply: Supply | None, first: StockForm | None) -> str:
    return render_template("supplies/supply_edit.html", form=form, supply=supply, first=first)


def _stock_page(supply: Supply, form: StockForm, parcel: Parcel | None) -> str:
    return render_template("supplies/stock_add.html", supply=supply, form=form, parcel=parcel)


def _count_page(stock: SupplyStock, form: RecountForm) -> str:
    known = queries.counts_of([stock.supply_id]).get(stock.id, 0)
    return render_template("supplies/stock_count.html", stock=stock, form=form, known=known)


def _parcel_page(supply: Supply, form: ParcelForm) -> str:
    return render_template("supplies/parcel_new.html", supply=supply, form=form)


def _use_page(infusion: Infusion, typed: dict[str, str], errors: dict[str, str]) -> str:
    if infusion.cancelled_at is not None:
        abort(404)
    shelves = queries.shelves(g.standing.circle, _today())
    return render_template(
        "supplies/infusion_use.html",
        infusion=infusion,
        shelves=[one for one in shelves if one.count or one.supply.public_id in typed],
        uses=queries.uses_in(infusion),
        typed=typed,
        errors=errors,
    )
