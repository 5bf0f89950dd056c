"""What an export holds: every table with its columns by name, and why any of them stays behind.

A new table or column fails a test until it stands here, in `columns` or, with its reason, in `left_out`. A sealed
column is named as its text (`note` for `note_sealed`); an inner number that leads to another row is written as that
row's public id.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

INNER = "an inner number; rows are named by their public id"
SECRET = "whoever has it could get in, or it leads to what does"
SAME_AGAIN = "made from other columns of the same row"
KEY_OF_FORM = "the key by which a form sent twice is noticed"
UNDO = "how rows stood before and after, in inner numbers, so that Undo can put them back"
OTHERS_ADDRESS = "an inner number of somebody's own address or device"

CIRCLE, ACCOUNT = "circle", "account"


@dataclass(frozen=True, slots=True)
class Kind:
    """One table of an export: what a row is, its columns, and what stays behind for which reason."""

    table: str
    about: str
    columns: tuple[str, ...]
    left_out: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def has_public_id(self) -> bool:
        """Whether rows are named by a public id."""
        return "id" in self.columns


def _kind(table: str, about: str, columns: str, **left_out: str) -> Kind:
    return Kind(table, about, tuple(columns.split()), MappingProxyType(left_out))


OF_CIRCLE: tuple[Kind, ...] = (
    _kind(
        "circles",
        "The circle and its patient.",
        "id patient_account_id patient_name birth_year country location_country language tz stage has_grip_meter "
        "force_unit grip_tries check_in_rhythm check_in_parts created_at",
    ),
    _kind(
        "memberships", "Who is in the circle, with which rights.", "id circle_id account_id preset rights created_at"
    ),
    _kind(
        "membership_ends",
        "Who left or was removed, by whom, with the rights they had.",
        "id circle_id account_id by_id preset rights member_since_at at undone_at",
        kept=UNDO,
    ),
    _kind(
        "invitations",
        "Who was invited, and what came of it.",
        "id circle_id invited_by_id email preset see_notes language created_at sent_at expires_at accepted_at "
        "declined_at revoked_at",
        email_hash=SECRET,
        token_hash=SECRET,
    ),
    _kind(
        "clinician_links",
        "Links for a doctor to read a range of dates.",
        "id circle_id account_id first_on last_on language created_at expires_at revoked_at",
        token_hash=SECRET,
    ),
    _kind(
        "clinician_link_views",
        "When a link for a doctor was opened.",
        "clinician_link_id at",
        id=INNER,
    ),
    _kind("contacts", "Whom to call.", "id circle_id kind name phone note"),
    _kind("weights", "The patient's weight on a day, in kilograms.", "id circle_id on weight_kg recorded_at"),
    _kind(
        "medical_cards",
        "What stands on the medical card.",
        "id circle_id has_mmn conditions allergy_answer allergies saved_at",
    ),
    _kind(
        "check_ins",
        "One report of how the hands are: ratings from 0 (no strength) to 4 (like my best).",
        "id circle_id account_id recorded_at tz on left_rating right_rating repeated symptoms hand_warmth context "
        "came_suddenly told_by note created_at edited_at deleted_at",
        client_id=KEY_OF_FORM,
    ),
    _kind(
        "measurements",
        "One try of the grip meter or of the tapping test.",
        "id check_in_id circle_id kind hand answer value unit unit_kind seconds rhythm_spread_ms device_id on "
        "recorded_at",
    ),
    _kind("devices", "A grip meter.", "id circle_id name unit unit_kind started_on retired_on"),
    _kind(
        "marker_tasks",
        "An everyday task that is watched: a known key, or own words.",
        "id circle_id key words position started_on retired_on",
    ),
    _kind(
        "task_answers",
        "How such a task went with one hand.",
        "id check_in_id circle_id marker_task_id hand answer on",
    ),
    _kind(
        "function_answers",
        "One answer of the movement check or of the daily-hands list.",
        "id check_in_id circle_id kind item side answer on",
    ),
    _kind(
        "questionnaire_totals",
        "The total of a questionnaire filled in elsewhere.",
        "id circle_id account_id name total out_of on created_at deleted_at",
        client_id=KEY_OF_FORM,
    ),
    _kind(
        "regimens",
        "The plan: product, route, days of a course, interval, local time, zone.",
        "id circle_id product route day_offsets loading_offsets interval_count interval_unit local_time tz place "
        "at_home policy anchor_on ended_on created_at",
    ),
    _kind(
        "regimen_doses",
        "The dose of a plan from a date on.",
        "regimen_id from_on is_loading total_grams dose_g_per_kg dose_each_day",
        id=INNER,
    ),
    _kind("regimen_pauses", "A pause of a plan.", "regimen_id from_on until_on reason", id=INNER),
    _kind(
        "infusions",
        "One planned or given course.",
        "id circle_id regimen_id first_on certainty moved_from_on is_loading restart_on restart_gap_days place "
        "product note created_at cancelled_at",
    ),
    _kind(
        "infusion_days",
        "A day of a course: planned, done, partial, skipped or unknown.",
        "id infusion_id circle_id number planned_on local_time starts_at ends_at tz moved_from_on grams_planned "
        "grams_given state given_on skip_reason confirmed_at answered_at answered_by_id revision",
    ),
    _kind(
        "given_records",
        "What was written down of a day that was given.",
        "id circle_id infusion_day_id route started_at stopped_at place prepared_by given_by product strength "
        "stop_reason weight_unit vein_site rates premedicines fluids saved_at saved_by_id",
        undo_sealed=UNDO,
    ),
    _kind(
        "given_sites", "Where under the skin it was given.", "circle_id given_record_id site ml needle_mm", id=INNER
    ),
    _kind(
        "vials",
        "One container and the lot printed on it.",
        "id circle_id infusion_id infusion_day_id product lot grams expires_on serial gtin entry_id created_at "
        "deleted_at",
        lot_normalised=SAME_AGAIN,
    ),
    _kind(
        "label_photos",
        "A photo of labels; the picture is photos/<id>.jpg.",
        "id circle_id infusion_id account_id width height created_at copied_at copied_by_id deleted_at",
        fingerprint="a keyed hash by which the same photo sent twice is noticed",
        picture_sealed="a file of its own: photos/<id>.jpg",
        preview_sealed="a smaller copy of the same picture",
    ),
    _kind(
        "reactions",
        "What went wrong during or after an infusion.",
        "id circle_id infusion_id kinds during started_on started_time severity what actions done_about_it told "
        "replaces_id created_at deleted_at",
    ),
    _kind(
        "diary_entries",
        "How one felt on a day after an infusion.",
        "id circle_id infusion_id day on headache signs temperature note replaces_id created_at deleted_at",
    ),
    _kind("step_lists", "The circle's own steps of an infusion.", "id circle_id vein skin before changed_at"),
    _kind(
        "day_steps",
        "A step of an infusion day, and who ticked it.",
        "id circle_id infusion_day_id number text ticked_at ticked_by_id",
    ),
    _kind("own_sites", "The places on the body that are used.", "circle_id sites"),
    _kind(
        "nurse_links",
        "A link by which a nurse could add vials.",
        "id circle_id infusion_id account_id created_at valid_until ended_at",
        code_hash=SECRET,
    ),
    _kind(
        "nurse_saves",
        "What was saved by such a link.",
        "id nurse_link_id entry_id vial_count saved_at undone_at",
        client_id=KEY_OF_FORM,
        body_hash=KEY_OF_FORM,
    ),
    _kind(
        "plan_changes",
        "Who changed the plan or answered a day, and when.",
        "id infusion_id infusion_day_id delivery_id circle_id account_id verb at undone_at",
        before=UNDO,
        after=UNDO,
    ),
    _kind(
        "visits",
        "A visit: date, time, place, what to bring and to ask.",
        "id circle_id series_id slot_on is_exception kind title planned_on local_time tz starts_at length_minutes "
        "moved_from_on place phone bring questions note state is_dropped answered_at answered_by_id revision "
        "created_at changed_at",
    ),
    _kind(
        "visit_series",
        "How often a visit comes again.",
        "id circle_id interval_count interval_unit anchor_on ended_on created_at",
    ),
    _kind(
        "visit_changes",
        "Who changed a visit, and when.",
        "id visit_id circle_id account_id verb at undone_at",
        before=UNDO,
        after=UNDO,
    ),
    _kind(
        "preparations",
        "What is to be prepared before an infusion.",
        "id circle_id infusion_id route origin kind words position lead_days done_at done_by_id removed_at "
        "created_at",
    ),
    _kind(
        "duties",
        "Who drives, stays, or does something else for an infusion.",
        "id circle_id infusion_id day_number role state account_id name agreed_on offered_to_id offered_by_id "
        "changed_at",
    ),
    _kind(
        "preparation_changes",
        "Who changed what is prepared or who does it, and when.",
        "id infusion_id circle_id account_id verb at undone_at",
        before=UNDO,
        after=UNDO,
    ),
    _kind("supplies", "One kind of thing kept at home.", "id circle_id kind name grams low_at created_at deleted_at"),
    _kind(
        "supply_stocks",
        "Pieces with the same lot and expiry.",
        "id circle_id supply_id lot expires_on received_on",
        lot_normalised=SAME_AGAIN,
    ),
    _kind(
        "supply_changes",
        "Who changed what is at home, and when.",
        "id circle_id infusion_id account_id parcel_id verb at undone_at",
        vial_ids="inner numbers of vials that it wrote down; the vials are exported",
    ),
    _kind("supply_moves", "So many pieces more or fewer.", "change_id stock_id by", id=INNER),
    _kind(
        "parcels",
        "What is on its way.",
        "id circle_id supply_id count expected_on arrived_at cancelled_at created_at",
    ),
    _kind(
        "reminder_rules",
        "How and when somebody is reminded.",
        "id circle_id recipient_id is_on by_push by_hook mail privacy events_off lead_hours nudge_at "
        "gets_escalations escalate_after_hours switched_on_by_id created_at",
    ),
    _kind(
        "deliveries",
        "One message to one person by one way, and how it ended.",
        "id circle_id subject_kind stage due_slot recipient_id channel revision provider priority due_at "
        "useful_until state next_attempt_at attempt leased_until too_late_since_at message_id reason settled_at "
        "confirmed_at created_at",
        subject_id=INNER,
        rule_id=INNER,
        address_id=OTHERS_ADDRESS,
    ),
    _kind(
        "delivery_attempts",
        "One try to hand a message over.",
        "delivery_id number started_at ended_at outcome detail",
        id=INNER,
    ),
    _kind("snoozes", "Remind me later.", "id circle_id delivery_id remind_at created_at"),
    _kind(
        "copied_messages",
        "A message that somebody passed on by hand, and the answer.",
        "id circle_id infusion_day_id sender_id for_account_id for_name language privacy created_at said said_at "
        "change_id",
    ),
    _kind(
        "calendar_feeds",
        "A calendar that follows the dates.",
        "id account_id circle_id level with_alarms language created_at rotated_at revoked_at last_fetched_at",
        token_hash=SECRET,
    ),
    _kind(
        "consents",
        "What somebody agreed to, in which version of the words.",
        "id account_id circle_id purpose version language given_at withdrawn_at",
    ),
    _kind("deletions", "A deletion that was asked for.", "id account_id circle_id asked_at due_at"),
    _kind(
        "calendar_entries",
        "How a date stands in calendars that follow it.",
        "circle_id uid kind on starts_at ends_at status sequence changed_at",
        id=INNER,
        fingerprint=SAME_AGAIN,
    ),
    _kind(
        "trail_heads",
        "Where the list of who did what stands: how many entries, and the last hash.",
        "circle_id circle_public_id sequence hash erased_at",
        id=INNER,
    ),
    _kind(
        "trail_entries",
        "Who looked and who changed. `previous` and `hash` show that nobody altered it.",
        "sequence at actor verb kind object_id previous hash",
        id=INNER,
        head_id=INNER,
    ),
)

OF_ACCOUNT: tuple[Kind, ...] = (
    _kind(
        "accounts",
        "The person who signs in.",
        "id name language tz country theme thumb extra_large quiet_from quiet_to wakes_for_infusion outages_seen_at "
        "lock_minutes passkey_offer_closed_at created_at",
    ),
    _kind(
        "mail_addresses",
        "Mail addresses.",
        "id account_id email confirmed_at bad_since_at",
        email_hash=SECRET,
    ),
    _kind(
        "account_sessions",
        "Where you signed in.",
        "id account_id device shared_device limited created_at last_seen_at used_at expires_at stepped_up_at "
        "ended_at",
        token_hash=SECRET,
    ),
    _kind(
        "passkeys",
        "Passkeys you sign in with, by the name of their device.",
        "id account_id name transports created_at last_used_at",
        credential_id=SECRET,
        credential_hash=SECRET,
        public_key=SECRET,
        sign_count="counts for the check of the next sign-in",
    ),
    _kind(
        "recovery_codes",
        "When recovery codes were made and used.",
        "account_id created_at used_at",
        id=INNER,
        code_hash=SECRET,
    ),
    _kind(
        "sign_in_requests",
        "Wishes to sign in by mail of the last days.",
        "id email account_id language next_url shared_device purpose tries_left created_at expires_at used_at",
        email_hash=SECRET,
        browser_hash=SECRET,
    ),
    _kind(
        "submissions",
        "Forms that were sent, so that the same one sent again makes no second row.",
        "account_id route status at",
        id=INNER,
        client_id=KEY_OF_FORM,
        body_hash=KEY_OF_FORM,
        body="the words that the app answered; what was saved is exported",
    ),
    _kind(
        "push_subscriptions",
        "Phones and browsers that get messages.",
        "id account_id session_id provider device_name created_at confirmed_at sent_since_confirmed "
        "first_unconfirmed_at closed_at closed_reason",
        endpoint_sealed=SECRET,
        endpoint_hash=SECRET,
        p256dh=SECRET,
        auth_sealed=SECRET,
        vapid_public="the program's own key",
    ),
)
"""Tables of an account alone. Its rows in tables of circles go along: see `BY_ACCOUNT`."""

BY_ACCOUNT: Mapping[str, str] = MappingProxyType(
    {
        "accounts": "id",
        "mail_addresses": "account_id",
        "account_sessions": "account_id",
        "passkeys": "account_id",
        "recovery_codes": "account_id",
        "sign_in_requests": "account_id",
        "submissions": "account_id",
        "push_subscriptions": "account_id",
        "memberships": "account_id",
        "membership_ends": "account_id",
        "reminder_rules": "recipient_id",
        "deliveries": "recipient_id",
        "delivery_attempts": "delivery_id",
        "snoozes": "delivery_id",
        "calendar_feeds": "account_id",
        "copied_messages": "sender_id",
        "consents": "account_id",
        "deletions": "account_id",
    }
)
"""The tables of the export of an account, and the column by which a row is the person's own."""

LEFT_OUT: Mapping[str, str] = MappingProxyType(
    {
        "change_marks": "counters that say whether a message written ahead is still good",
        "heartbeats": "signs of life of the program",
        "passkey_challenges": "what a browser is asked to sign at this moment",
        "plan_looks": "when the messages of a circle are worked out again",
        "provider_states": "how push services and the mail server do",
        "vapid_keys": "the program's own keys",
        "written_ahead": "messages sealed for a device some minutes before they go out; only it can read them",
    }
)
"""Tables that hold nothing of a person, or nothing that anybody but a device can read."""


def kinds_of(part: str) -> tuple[Kind, ...]:
    """The tables of one part of an export, `circle` or `account`, in the order in which they are written."""
    if part == CIRCLE:
        return OF_CIRCLE
    known = {kind.table: kind for kind in (*OF_ACCOUNT, *OF_CIRCLE)}
    return tuple(known[name] for name in BY_ACCOUNT)
