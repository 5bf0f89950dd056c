"""The words of a message about an infusion day, worked out at sending time for its reader."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import g
from flask_babel import force_locale, ngettext
from flask_babel import gettext as _

from companion.accounts.models import Account
from companion.circles.models import Circle
from companion.circles.queries import contacts_of
from companion.delivery.channels import EMAIL
from companion.delivery.channels.base import AnyMessage
from companion.delivery.models import Delivery
from companion.delivery.operations import Action, page_url, write
from companion.domain.reminder_plan import QUESTIONS
from companion.domain.snoozes import LATER
from companion.extensions import db
from companion.formatting import Timed, in_days, start_words, weekday_date
from companion.infusions.models import BOOKED, InfusionDay
from companion.infusions.words import day_title
from companion.reminders import queries
from companion.reminders.models import FULL, INFUSIONS, NEUTRAL, TIME_ONLY, ReminderRule
from companion.reminders.operations.stops import StopLink, is_stopped, stop_token

HOURS_ARE_SAID_UNTIL = timedelta(hours=36)
MINUTES_ARE_SAID_UNTIL = timedelta(minutes=55)


@dataclass(frozen=True, slots=True)
class Words:
    """The parts of one mail, in the order they are read."""

    subject: str
    lead: str
    when: str
    facts: list[str] = field(default_factory=list)
    ask: str = ""
    button: str = ""
    red_flags: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Letter:
    """What one message says to its reader, whatever its way, and the page it leads to."""

    words: Words
    privacy: str
    link: str
    urgent: bool = True
    actions: tuple[Action, ...] = ()


def infusion_letter(delivery: Delivery, now: datetime) -> Letter | None:
    """About an infusion day; None when the day was answered or moved, or the reader is not to be told any more.

    It leads to the answer page.
    """
    day, rule = db.session.get(InfusionDay, delivery.subject_id), db.session.get(ReminderRule, delivery.rule_id)
    if day is None or rule is None or not is_wanted(delivery, day, rule):
        return None
    link, words = answer_page(delivery, day), words_of(delivery.stage, day, rule, now)
    return Letter(words, rule.privacy, link, actions=_actions(day, link, now))


def _actions(day: InfusionDay, link: str, now: datetime) -> tuple[Action, ...]:
    """What a device offers beside the message: what is still ahead cannot be done yet."""
    later = Action("later", _("Later"), f"{link}?step=later")
    return (later,) if queries.is_ahead(day, now) else (Action("done", _("Done"), link), later)


def answer_page(delivery: Delivery, day: InfusionDay) -> str:
    """Where the reader of a message answers about a day, without signing in."""
    return page_url("reminders.answer", token=queries.answer_token(delivery, day))


def written(delivery: Delivery, letter: Letter, language: str) -> AnyMessage | None:
    """A letter as a message for the delivery's channel; a lock screen shows as much as the reader wished.

    None for a mail that its reader has stopped meanwhile.
    """
    links: dict[str, str] = {}
    if delivery.channel == EMAIL:
        circle = db.session.get(Circle, delivery.circle_id) if delivery.circle_id else None
        stop = StopLink(circle, db.session.get_one(Account, delivery.recipient_id)) if circle else None
        if stop is not None and is_stopped(stop):
            return None
        links = {
            "stop_url": page_url("stops.show", token=stop_token(stop)) if stop else "",
            "change_url": page_url("rules.show", **({"circle": circle.public_id} if circle else {})),
        }
    return write(
        delivery,
        "emails/infusion_day",
        language=language,
        title=letter.words.subject,
        body=lock_screen_words(letter.words, letter.privacy),
        link=letter.link,
        actions=letter.actions,
        urgent=letter.urgent,
        words=letter.words,
        **links,
    )


def lock_screen_words(words: Words, privacy: str) -> str:
    """What stands under the title: nothing, the time, or what is planned and when."""
    if privacy == NEUTRAL:
        return ""
    return words.when if privacy == TIME_ONLY else f"{words.lead}\n{words.when}".strip()


def is_wanted(delivery: Delivery, day: InfusionDay, rule: ReminderRule) -> bool:
    """Whether a message about a day still says what is so, to somebody who still wants it."""
    still_planned = day.infusion.cancelled_at is None and not day.is_answered
    same_date = day.revision == delivery.revision
    if delivery.stage == LATER:
        return still_planned and same_date and queries.may_be_told(rule)
    return still_planned and same_date and queries.is_live(rule) and rule.wants(INFUSIONS)


@contextmanager
def reading_as(account: Account) -> Iterator[str]:
    """Words, dates and times are those of this reader inside; gives the language."""
    before, language = g.get("account"), account.language or "en"
    g.account = account
    try:
        with force_locale(language):
            yield language
    finally:
        g.account = before


def words_of(stage: str, day: InfusionDay, rule: ReminderRule, now: datetime) -> Words:
    """The parts of the mail of one stage. Without the reader's wish, no word tells what is planned."""
    names = rule.privacy == FULL
    if stage in QUESTIONS or (stage == LATER and not queries.is_ahead(day, now)):
        return Words(
            subject=_question_subject(day, rule),
            lead=planned_words(day, rule) if names else had_planned(rule),
            when=weekday_date(day.planned_on),
            facts=_clinic(day) if names else [],
            ask=_("Did it take place? One tap is enough."),
            button=_("Answer"),
            red_flags=red_flags(),
        )
    return Words(
        subject=subject_of_date(day, rule),
        lead=planned_words(day, rule) if names else has_planned(rule),
        when=when_words(day, rule.recipient, now),
        facts=[*how_long(day, now), _certainty(day), *(_place(day) + _clinic(day) if names else [])],
        ask=_("Open the page to see it and answer."),
        button=_("See it and answer"),
    )


def has_planned(rule: ReminderRule) -> str:
    """That something is planned, without a word what; a caregiver is told for whom."""
    name = patient_of(rule)
    return str(_("%(name)s has something planned.", name=name) if name else _("You have something planned."))


def had_planned(rule: ReminderRule) -> str:
    """As `has_planned`, afterwards."""
    name = patient_of(rule)
    return str(_("%(name)s had something planned.", name=name) if name else _("You had something planned."))


def patient_of(rule: ReminderRule) -> str | None:
    """The patient's name for a reader who is somebody else; None for the patient, or where it is not known."""
    mine = rule.circle.patient_account_id == rule.recipient_id
    return None if mine else rule.circle.shown_name


def about_whom(circle: Circle, reader_id: int) -> list[str]:
    """For whom something is, said to a caregiver, who may be in several circles."""
    name = circle.shown_name if circle.patient_account_id != reader_id else None
    return [_("It is about %(name)s.", name=name)] if name else []


def red_flags() -> list[str]:
    """The fixed line of danger signs after an infusion. Source: boxed warning and patient information of the
    products, as in the article on the infusion day (GGL, HYQ)."""
    return [
        _(
            "Trouble breathing, chest pain, a swollen throat or fainting? "
            "A drooping face, sudden weakness or trouble speaking? Call for emergency help now."
        ),
        _(
            "Fever, or a bad headache with a stiff neck? "
            "Dark or little urine, yellow skin, or a swollen arm or leg? Call the clinic today."
        ),
    ]


def when_words(day: Timed, reader: Account, now: datetime) -> str:
    """`Tomorrow, Mon 30 Nov, 9:00`: the wall of the place, with its city where the reader's clock differs."""
    on = weekday_date(day.planned_on)
    relative = in_days(day.planned_on) if _same_date(day, reader) else ""
    moment = start_words(day, reader.tz)
    if relative and moment:
        return str(_("%(relative)s, %(date)s, %(time)s", relative=relative, date=on, time=moment))
    if moment:
        return str(_("%(date)s, %(time)s", date=on, time=moment))
    return str(_("%(relative)s, %(date)s", relative=relative, date=on)) if relative else on


def _same_date(day: Timed, reader: Account) -> bool:
    """Whether the reader's calendar shows the day's date when it begins; else "tomorrow" would mislead."""
    return day.starts_at is None or day.starts_at.astimezone(ZoneInfo(reader.tz)).date() == day.planned_on


def how_long(day: Timed, now: datetime) -> list[str]:
    ahead = day.starts_at - now if day.starts_at else timedelta(0)
    if not timedelta(0) < ahead < HOURS_ARE_SAID_UNTIL:
        return []
    if ahead < MINUTES_ARE_SAID_UNTIL:
        return [ngettext("In %(num)s minute.", "In %(num)s minutes.", max(1, round(ahead.total_seconds() / 60)))]
    return [ngettext("In %(num)s hour.", "In %(num)s hours.", round(ahead.total_seconds() / 3600))]


def _certainty(day: InfusionDay) -> str:
    if day.infusion.certainty == BOOKED:
        return str(_("This date is booked."))
    return str(_("This date is our estimate, not booked."))


def planned_words(day: InfusionDay, rule: ReminderRule) -> str:
    """What is planned, of which of two plans, and for whom: `Infusion, plan 2, day 1 of 2, for Ana`."""
    title, name = day_title(day), patient_of(rule)
    return str(_("%(what)s, for %(name)s", what=title, name=name) if name else title)


def _place(day: InfusionDay) -> list[str]:
    infusion = day.infusion
    product = infusion.product or (infusion.regimen.product if infusion.regimen else None)
    place = infusion.shown_place
    shown = [_("Place: %(place)s", place=place)] if place else []
    return shown + ([_("Product: %(product)s", product=product)] if product else [])


def _clinic(day: InfusionDay) -> list[str]:
    clinic = contacts_of(day.infusion.circle).get("clinic")
    if clinic is None or not clinic.phone:
        return []
    return [_("Clinic: %(phone)s", phone=f"{clinic.name} {clinic.phone}" if clinic.name else clinic.phone)]


def subject_of_date(day: Timed, rule: ReminderRule) -> str:
    """The title of a message about a date: as much as the reader wished."""
    on = weekday_date(day.planned_on)
    if rule.privacy == FULL:
        return str(_("Infusion on %(date)s", date=on))
    if rule.privacy == TIME_ONLY:
        return str(_("Reminder for %(date)s", date=on))
    return str(_("A reminder is waiting for you"))


def _question_subject(day: InfusionDay, rule: ReminderRule) -> str:
    on = weekday_date(day.planned_on)
    if rule.privacy == FULL:
        return str(_("Did the infusion on %(date)s take place?", date=on))
    if rule.privacy == TIME_ONLY:
        return str(_("Did it take place on %(date)s?", date=on))
    return str(_("A question is waiting for you"))
