"""How each person is reminded: the ways, what of, when, what a lock screen shows, and who else is told."""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, g, render_template, request, url_for
from flask_babel import gettext as _

from companion import answers, clock
from companion.access import needs
from companion.consents.models import MAIL
from companion.consents.operations import agree
from companion.database import transaction
from companion.delivery.operations import config
from companion.language import chosen_language
from companion.reminders import operations
from companion.reminders.forms import RULE_FORMS, RuleForm, TellForm, WaitingForm
from companion.reminders.models import MAIL_NEVER, ReminderRule

blueprint = Blueprint("rules", __name__)


@blueprint.get("/circle/reminders")
@needs("see_dates")
def show() -> Any:
    """How the viewer is reminded, one line for each question."""
    circle = g.standing.circle
    rule = _my_rule()
    return render_template(
        "reminders/rule_show.html",
        rule=rule,
        may_switch_on=operations.may_switch_on(circle, rule),
        gets_nothing=operations.has_no_way(rule),
        has_hook=bool(config().webhook_url),
        can_check_in=g.standing.can("write_check_ins"),
    )


@blueprint.post("/circle/reminders")
@needs("see_dates")
def switch() -> Any:
    """On or off, for the viewer."""
    wanted = request.form.get("is_on") == "y"
    rule = _my_rule()
    if wanted and not operations.may_switch_on(g.standing.circle, rule):
        abort(HTTPStatus.FORBIDDEN)
    before = rule.is_on
    with transaction():
        operations.change_rule(g.standing.circle, g.account, {"is_on": wanted}, now=clock.now())
    undo = answers.undo(url_for("rules.switch"), **({"is_on": "y"} if before else {}))
    message = _("Your reminders are on.") if wanted else _("Your reminders are off.")
    return answers.done(_here("show"), message, undo)


@blueprint.get("/circle/reminders/people")
@needs("keep_circle")
def people() -> Any:
    """Who else is told, and when nobody answers."""
    return _people_page(WaitingForm.of(_waiting()))


@blueprint.post("/circle/reminders/people")
@needs("keep_circle")
def tell() -> Any:
    """Switch the messages to one caregiver on or off."""
    form = TellForm(request.form)
    member = operations.member_named(g.standing.circle, form.member.data or "")
    if member is None:
        abort(HTTPStatus.UNPROCESSABLE_ENTITY)
    with transaction():
        before = operations.tell_caregiver(
            g.standing.circle,
            member.account,
            alerts=bool(form.alerts.data),
            escalations=bool(form.escalations.data),
            by=g.account,
            now=clock.now(),
        )
    fields = {name: "y" for name, value in before.items() if value}
    undo = answers.undo(url_for("rules.tell"), member=member.public_id, **fields)
    return answers.done(_here("people"), _("Saved."), undo)


@blueprint.post("/circle/reminders/waiting")
@needs("keep_circle")
def wait() -> Any:
    """How many waking hours nobody may answer before others are told."""
    form = WaitingForm(request.form)
    if not form.validate():
        return _people_page(form), HTTPStatus.UNPROCESSABLE_ENTITY
    with transaction():
        before = operations.change_waiting(g.standing.circle, form.count, now=clock.now())
    undo = answers.undo(url_for("rules.wait"), hours=str(before))
    return answers.done(_here("people"), _("Saved."), undo)


@blueprint.get("/circle/reminders/<question>")
@needs("see_dates")
def edit(question: str) -> Any:
    """One question about the viewer's reminders."""
    return _edit_page(question, _form_of(question).of(_my_rule()))


@blueprint.post("/circle/reminders/<question>")
@needs("see_dates")
def save(question: str) -> Any:
    """The answer to one question."""
    form = _form_of(question)(request.form)
    if not form.validate():
        return _edit_page(question, form), HTTPStatus.UNPROCESSABLE_ENTITY
    before = _form_of(question).fields_of(_my_rule())
    with transaction():
        operations.change_rule(g.standing.circle, g.account, form.values(), now=clock.now())
        if form.values().get("mail") not in (None, MAIL_NEVER):
            shown = request.form.getlist("consent")
            agree(g.account, shown, asked=(MAIL,), language=chosen_language(), now=clock.now())
    undo = answers.undo(url_for("rules.save", question=question), **before)
    return answers.done(_here("show"), _("Saved."), undo)


def _my_rule() -> ReminderRule:
    return operations.rule_or_default(g.standing.circle, g.account, clock.now())


def _form_of(question: str) -> type[RuleForm]:
    is_mine = question in RULE_FORMS and (question != "check-in" or g.standing.can("write_check_ins"))
    if not is_mine:
        abort(HTTPStatus.NOT_FOUND)
    return RULE_FORMS[question]


def _edit_page(question: str, form: RuleForm) -> str:
    template = f"reminders/rule_{question.replace('-', '_')}.html"
    examples = operations.lock_screen_examples(g.account, clock.now())
    return render_template(
        template,
        form=form,
        question=question,
        has_hook=bool(config().webhook_url),
        examples=examples,
        can_check_in=g.standing.can("write_check_ins"),
    )


def _people_page(form: WaitingForm) -> str:
    members = operations.others_to_tell(g.standing.circle, g.account)
    return render_template("reminders/rule_people.html", form=form, members=members)


def _waiting() -> int:
    return operations.waiting_hours(g.standing.circle)


def _here(view: str) -> str:
    return url_for(f"rules.{view}", circle=g.standing.circle.public_id)
