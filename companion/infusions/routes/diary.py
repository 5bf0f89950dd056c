"""The diary of the days after a course: one page a day, and a call first where it is due."""

from typing import Any

from flask import g, render_template, request, url_for
from flask_babel import gettext as _

from companion import answers, clock
from companion.access import needs
from companion.circles.queries import contacts_of
from companion.database import transaction
from companion.domain.diary import asks_for_a_call, date_of
from companion.infusions import operations, queries
from companion.infusions.forms.reactions import DiaryForm, diary_values
from companion.infusions.models import DiaryEntry, Infusion
from companion.infusions.operations import NoDiaryDay
from companion.infusions.routes import blueprint
from companion.infusions.routes.shared import page_of, refuse_cancelled, taken_away, today_here
from companion.submissions import once


@blueprint.get("/infusions/<public_id>/diary")
@needs("write_check_ins", row=Infusion)
def diary(infusion: Infusion) -> Any:
    """One day of the diary; when to call comes first."""
    refuse_cancelled(infusion)
    day = _day(infusion)
    if day is None:
        return _too_early(infusion)
    entry = _entry(infusion, day)
    return _diary_page(infusion, day, DiaryForm(data=diary_values(entry) if entry else None))


@blueprint.post("/infusions/<public_id>/diary")
@needs("write_check_ins", row=Infusion)
@once
def diary_write(infusion: Infusion) -> Any:
    """Save one day; a bad headache with a sign leads to the page that says whom to call."""
    refuse_cancelled(infusion)
    day, form = _day(infusion), DiaryForm(request.form)
    if day is None:
        return _too_early(infusion)
    if not form.validate():
        return _diary_page(infusion, day, form), 422
    try:
        entry = operations.write_diary(
            infusion,
            day=day,
            today=today_here(),
            keep_note=not g.standing.can("see_notes"),
            now=clock.now(),
            **form.entry(),
        )
    except NoDiaryDay:
        return _too_early(infusion)
    undo = answers.undo(url_for(".diary_revert", public_id=entry.public_id))
    url = url_for(".diary_entry", public_id=entry.public_id) if _asks(entry) else page_of(infusion)
    return answers.saved(entry.public_id, url, _("Day %(day)s of the diary is saved.", day=day), undo)


@blueprint.get("/diary-entries/<public_id>")
@needs("write_check_ins", row=DiaryEntry)
def diary_entry(entry: DiaryEntry) -> Any:
    """What was saved, with the call first where it is due."""
    return render_template(
        "infusions/diary_entry_show.html",
        entry=entry,
        asks_for_a_call=_asks(entry),
        contacts=contacts_of(g.standing.circle),
    )


@blueprint.post("/diary-entries/<public_id>/deletion")
@needs("write_check_ins", row=DiaryEntry)
def diary_delete(entry: DiaryEntry) -> Any:
    """Take an entry away."""
    words = _("Day %(day)s of the diary is deleted.", day=entry.day)
    return taken_away(entry, operations.delete_diary_entry, words, back=".diary_restore")


@blueprint.post("/diary-entries/<public_id>/restoration")
@needs("write_check_ins", row=DiaryEntry)
def diary_restore(entry: DiaryEntry) -> Any:
    """Put a deleted entry back."""
    with transaction():
        operations.restore_diary_entry(entry, clock.now())
    return answers.done(page_of(entry.infusion), _("Day %(day)s of the diary is back.", day=entry.day))


@blueprint.post("/diary-entries/<public_id>/reversal")
@needs("write_check_ins", row=DiaryEntry)
def diary_revert(entry: DiaryEntry) -> Any:
    """Undo what was saved: the day is as it was before."""
    with transaction():
        operations.undo_diary(entry, clock.now())
    return answers.done(page_of(entry.infusion), _("Day %(day)s of the diary is as before.", day=entry.day))


def _day(infusion: Infusion) -> int | None:
    """The day that is asked for, else today's, else the first one without an entry; None while there is none."""
    today = today_here()
    begun = [one for one in queries.diary_of(infusion, today) if one.has_begun]
    asked = request.values.get("day", "")
    if asked:
        return next((one.day for one in begun if str(one.day) == asked), None)
    now = [one.day for one in begun if one.on == today]
    open_days = [one.day for one in begun if one.entry is None]
    return next(iter(now or open_days or [one.day for one in begun[-1:]]), None)


def _entry(infusion: Infusion, day: int) -> DiaryEntry | None:
    return next((entry for entry in infusion.diary if entry.day == day), None)


def _asks(entry: DiaryEntry) -> bool:
    return asks_for_a_call(entry.headache, entry.signs)


def _too_early(infusion: Infusion) -> Any:
    return answers.done(page_of(infusion), _("The diary begins the day after the infusion."))


def _diary_page(infusion: Infusion, day: int, form: DiaryForm) -> str:
    assert infusion.last_given_on is not None
    return render_template(
        "infusions/diary_edit.html",
        infusion=infusion,
        day=day,
        on=date_of(infusion.last_given_on, day),
        form=form,
        entry=_entry(infusion, day),
        today=today_here(),
    )
