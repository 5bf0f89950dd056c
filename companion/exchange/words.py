"""The page of an export in the reader's words: what each table and column is called, and what codes mean."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from companion.infusions.reaction_words import KIND_WORDS as REACTION_WORDS
from companion.infusions.words import SEVERITY_WORDS
from companion.visits.words import KIND_WORDS as VISIT_WORDS

TITLES: Mapping[str, Any] = {
    "circles": _l("The circle and its patient"),
    "memberships": _l("People in the circle"),
    "membership_ends": _l("People who left the circle"),
    "invitations": _l("Invitations"),
    "clinician_links": _l("Links for the doctor"),
    "clinician_link_views": _l("When links for the doctor were opened"),
    "contacts": _l("Whom to call"),
    "weights": _l("Weights"),
    "medical_cards": _l("Medical card"),
    "check_ins": _l("Check-ins"),
    "measurements": _l("Grip and tapping"),
    "devices": _l("Grip meters"),
    "marker_tasks": _l("Everyday tasks that are watched"),
    "task_answers": _l("How these tasks went"),
    "function_answers": _l("Movement checks and daily hands"),
    "questionnaire_totals": _l("Totals of questionnaires"),
    "regimens": _l("Plans"),
    "regimen_doses": _l("Doses of plans"),
    "regimen_pauses": _l("Pauses of plans"),
    "infusions": _l("Infusions"),
    "infusion_days": _l("Infusion days"),
    "given_records": _l("Records of days that were given"),
    "given_sites": _l("Where under the skin"),
    "vials": _l("Vials and lots"),
    "label_photos": _l("Photos of labels"),
    "reactions": _l("Reactions"),
    "diary_entries": _l("Diary of the days after"),
    "step_lists": _l("Own lists of steps"),
    "day_steps": _l("Steps of infusion days"),
    "own_sites": _l("Own places on the body"),
    "nurse_links": _l("Links for nurses"),
    "nurse_saves": _l("What nurses saved"),
    "plan_changes": _l("Changes of infusions"),
    "visits": _l("Visits"),
    "visit_series": _l("Visits that come again"),
    "visit_changes": _l("Changes of visits"),
    "preparations": _l("What to prepare"),
    "duties": _l("Who drives or stays"),
    "preparation_changes": _l("Changes of preparations"),
    "supplies": _l("Supplies at home"),
    "supply_stocks": _l("Pieces at home by lot"),
    "supply_changes": _l("Changes of supplies"),
    "supply_moves": _l("Pieces added and taken"),
    "parcels": _l("Parcels"),
    "reminder_rules": _l("Reminders"),
    "deliveries": _l("Messages"),
    "delivery_attempts": _l("Tries to hand messages over"),
    "snoozes": _l("Remind me later"),
    "copied_messages": _l("Messages passed on by hand"),
    "calendar_feeds": _l("Calendars that follow"),
    "calendar_entries": _l("Dates in those calendars"),
    "trail_heads": _l("Where that list stands"),
    "trail_entries": _l("Who looked, who changed"),
    "consents": _l("What was agreed to"),
    "deletions": _l("Deletions asked for"),
    "accounts": _l("Your account"),
    "mail_addresses": _l("Email addresses"),
    "account_sessions": _l("Where you signed in"),
    "passkeys": _l("Passkeys"),
    "recovery_codes": _l("Recovery codes, without the codes"),
    "sign_in_requests": _l("Wishes to sign in"),
    "submissions": _l("Forms that were sent"),
    "push_subscriptions": _l("Phones and browsers"),
}

CODES: Mapping[str, Mapping[Any, Any]] = {
    "rating": {
        4: _l("Like my best"),
        3: _l("A little less"),
        2: _l("Much less"),
        1: _l("Hardly any"),
        0: _l("No strength"),
    },
    "hand": {"left": _l("Left hand"), "right": _l("Right hand")},
    "measured": {"grip": _l("Grip"), "tapping": _l("Tapping test")},
    "state": {
        "planned": _l("Planned"),
        "done": _l("Done"),
        "partial": _l("Given in part"),
        "skipped": _l("Skipped"),
        "unknown": _l("Not answered"),
        "cancelled": _l("Cancelled"),
    },
    "severity": SEVERITY_WORDS,
    "preset": {
        "patient": _l("The patient"),
        "keeper": _l("Keeps the circle"),
        "calendar_only": _l("Calendar only"),
        "manage_calendar": _l("Manage the calendar"),
        "full_help": _l("Full help"),
    },
    "visit": VISIT_WORDS,
    "contact": {
        "clinic": _l("Infusion clinic"),
        "after_hours": _l("After hours"),
        "neurologist": _l("Neurologist"),
        "pharmacy": _l("Pharmacy"),
        "home_nurse": _l("Home nurse"),
        "insurer": _l("Health insurance"),
    },
    "reaction": REACTION_WORDS,
    "symptom": {
        "cramps": _l("Cramps"),
        "twitching": _l("Twitching"),
        "tiredness": _l("Tiredness"),
        "cold": _l("Cold made it worse"),
        "wrist_drop": _l("Wrist drop"),
        "finger_drop": _l("Finger drop"),
        "foot_drop": _l("Foot drop"),
        "something_new": _l("Something new"),
    },
}


def coded(kind: str, value: Any) -> str:
    """A code in words; one that is not known stays as it is, and none is "not entered"."""
    if value is None or value == []:
        return _("not entered")
    if isinstance(value, list):
        return ", ".join(coded(kind, one) for one in value)
    return str(CODES[kind].get(value, value))


def shown(value: Any) -> str:
    """Any other value: `not entered` where there is none."""
    return _("not entered") if value in (None, "") else str(value)


def amount(value: Any, unit: str | None) -> str:
    """A number with its unit."""
    return _("not entered") if value is None else f"{value} {unit or ''}".rstrip()
