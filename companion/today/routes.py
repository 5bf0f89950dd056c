"""The home screen, the welcome page and the first run."""

from datetime import date
from typing import Any

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from flask_babel import gettext as _

from companion import access, answers, clock
from companion.access import needs, public, stays_open
from companion.accounts.models import Account
from companion.accounts.queries import LIMITED, device_cookie_name
from companion.checkins import queries as checkins
from companion.circles.models import ABOUT_TO_START, ON_TREATMENT, STAGES
from companion.circles.queries import contacts_of
from companion.database import transaction
from companion.delivery.queries import open_subscriptions
from companion.devices import queries as devices
from companion.formatting import in_days, local_date
from companion.infusions import operations as infusion_operations
from companion.infusions.queries import pauses_between
from companion.infusions.words import now_there
from companion.language import chosen_language
from companion.learn.queries import article
from companion.messages.queries import outage_news
from companion.reminders import operations as reminders
from companion.reminders.models import MAIL_NEVER
from companion.submissions import once
from companion.supplies.queries import runs_low
from companion.today import forms, queries
from companion.visits.models import NEUROLOGIST
from companion.visits.operations import set_next_visit
from companion.visits.queries import next_visit

blueprint = Blueprint("today", __name__)


@blueprint.get("/")
@stays_open(LIMITED)
@public
def show() -> Any:
    """Today for members, the welcome page for everyone else."""
    account = access.viewer()
    if account is None:
        return render_template("today/welcome_show.html", demo=current_app.config["COMPANION"].demo)
    elsewhere = access.stand_in_circle(account)
    if elsewhere is not None:
        return elsewhere
    if g.closed:
        return _limited(g.standing)
    standing = g.standing
    if standing.circle.stage is None and standing.can("keep_circle"):
        return redirect(url_for(".first_steps"), 303)
    shown = _home(standing, _today()) | _infusions(standing, _home_today()) | _messages(account)
    return render_template("today/today_show.html", **shown)


def _limited(standing: Any) -> str:
    """The next date, and the way to open the rest: for a sign-in by mail on a device that is new."""
    sees, today = standing.can("see_dates"), _home_today()
    found = queries.next_infusion(standing.circle, today) if sees else None
    far = _in_days_there(found.day.planned_on) if found else ""
    return access.confirm_page(
        LIMITED, access.Kept(request.full_path.rstrip("?")), next=found, far=far, on_today=True
    )


def _messages(account: Account) -> dict[str, Any]:
    """Whether messages may fail to reach this person, and what this browser needs to keep getting them."""
    here = devices.device_named(account, request.cookies.get(device_cookie_name()))
    trouble = devices.trouble_of(account, here, clock.now())
    gets_messages = bool(open_subscriptions(account.id))
    rule = reminders.rule_or_default(g.standing.circle, account, clock.now())
    return {
        "outage": outage_news(account, clock.now()),
        "this_device": here,
        "gets_messages": gets_messages,
        "vapid_public": devices.vapid_public(),
        "trouble": trouble,
        "mail_comes_back": account.address is not None and account.address.bad_since_at is not None,
        "mails_off": rule.mail == MAIL_NEVER,
        "gets_nothing": reminders.has_no_way(rule),
    }


def _today() -> date:
    """Today where check-ins are made: the patient's own zone, for all others the zone of the circle."""
    return local_date(clock.now(), g.standing.tz)


def _home_today() -> date:
    """Today in the circle's home zone, where infusions are planned."""
    return local_date(clock.now(), g.standing.circle.tz)


def _in_days_there(on: date) -> str:
    """How far a date is, as they say at the circle's home: "tomorrow" is tomorrow there."""
    return in_days(local_date(clock.now()) + (on - _home_today()))


def _infusions(standing: Any, today: date) -> dict[str, Any]:
    sees, tz = standing.can("see_dates"), standing.circle.tz
    next_one = queries.next_infusion(standing.circle, today) if sees else None
    return {
        "home_on": today,
        "in_days_there": _in_days_there,
        "now_there": now_there(clock.now(), tz) if today != local_date(clock.now()) else "",
        "next": next_one,
        "to_copy": queries.photos_to_copy(standing.circle) if standing.can("answer") else [],
        "diary": queries.diary_day(standing.circle, today) if standing.can("write_check_ins") else None,
        "open_days": queries.days_to_ask_about(standing.circle, today, clock.now()) if sees else [],
        "pauses": pauses_between(standing.circle, today, today) if sees else [],
        "visit": queries.next_visit(standing.circle, today) if sees else None,
        "around": queries.around_next(next_one, standing.account.id, today),
        "low": runs_low(standing.circle, today) if sees else [],
    }


def _home(standing: Any, today: date) -> dict[str, Any]:
    circle, sees = standing.circle, standing.can("see_check_ins")
    device = checkins.current_device(circle) if circle.has_grip_meter else None
    language = chosen_language()
    due = queries.due_on(circle, today)
    return {
        "due": due,
        "word": queries.word_of_today(circle, due, today, sees_dates=standing.can("see_dates")),
        "today_on": today,
        "skipped": queries.skipped_without_new_date(circle) if standing.can("see_dates") else None,
        "has_plan": queries.has_plan(circle, today),
        "last": checkins.latest_check_in(circle) if sees else None,
        "checked_in_today": checkins.has_rating_on(circle, today),
        "meter": device,
        "sparks": queries.grip_week(circle, device, today) if sees and device else [],
        "last_grip": checkins.last_grip(circle, device) if sees and device else {},
        "week": queries.rating_week(circle, today) if sees else [],
        "contacts": contacts_of(circle),
        "articles": [article(language, slug) for slug in queries.article_slugs(circle)],
    }


@blueprint.get("/first-steps")
@needs("keep_circle")
def first_steps() -> Any:
    """Where are you now?"""
    return render_template(
        "today/first_steps_stage.html", form=forms.StageForm(data={"stage": g.standing.circle.stage})
    )


@blueprint.post("/first-steps")
@needs("keep_circle")
def save_stage() -> Any:
    """Keep the stage and go on to the one question that fits it."""
    form = forms.StageForm(request.form)
    if not form.validate():
        return render_template("today/first_steps_stage.html", form=form), 422
    circle = g.standing.circle
    with transaction():
        circle.stage = form.stage.data
    if circle.stage in (ON_TREATMENT, ABOUT_TO_START) and not queries.has_plan(circle, _home_today()):
        return redirect(url_for(".first_infusion"), 303)
    if circle.stage == STAGES[0]:
        return redirect(url_for(".first_visit"), 303)
    return answers.done(url_for(".show"), _("Saved"))


@blueprint.get("/first-steps/infusion")
@needs("manage_dates")
def first_infusion() -> Any:
    """When is the next infusion, and how often?"""
    return render_template("today/first_steps_infusion.html", form=forms.FirstInfusionForm())


@blueprint.post("/first-steps/infusion")
@needs("manage_dates")
@once
def save_first_infusion() -> Any:
    """Start a regimen from two answers; everything else can be added later."""
    now, form = clock.now(), forms.FirstInfusionForm(request.form)
    form.today = _home_today()
    if not form.validate():
        return render_template("today/first_steps_infusion.html", form=form), 422
    count, unit = form.interval
    regimen = infusion_operations.start_regimen(
        g.standing.circle,
        first_on=form.day,
        certainty="booked",
        interval_count=count,
        interval_unit=unit,
        now=now,
    )
    return answers.saved(regimen.public_id, _after_plan(), _("The plan is saved. You can add more to it later."))


def _after_plan() -> str:
    """The question about the grip meter, asked once; then Today."""
    asked = g.standing.circle.has_grip_meter is not None
    return url_for(".show") if asked or not g.standing.can("write_check_ins") else url_for("checkins.tracking")


@blueprint.get("/first-steps/visit")
@needs("keep_circle")
def first_visit() -> Any:
    """When is the next visit?"""
    visit = next_visit(g.standing.circle, _home_today(), kind=NEUROLOGIST)
    form = forms.FirstVisitForm(data={"next_visit_on": visit.planned_on if visit else None})
    return render_template("today/first_steps_visit.html", form=form)


@blueprint.post("/first-steps/visit")
@needs("keep_circle")
def save_first_visit() -> Any:
    """Keep the date of the next visit, or that there is none yet."""
    form = forms.FirstVisitForm(request.form)
    form.today = _home_today()
    if not form.validate():
        return render_template("today/first_steps_visit.html", form=form), 422
    with transaction():
        set_next_visit(g.standing.circle, form.next_visit_on.data, account=g.standing.account, now=clock.now())
    return redirect(_after_plan(), 303)


@blueprint.post("/first-steps/skip")
@needs("keep_circle")
def skip_plan() -> Any:
    """Go on without a plan."""
    return redirect(_after_plan(), 303)
