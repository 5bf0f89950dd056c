"""What the trail tells of each table. A table that is not named here cannot be written to at all."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """Rows of a table are told as `kind`, or as a change of the row that `part_of` leads to.

    `of_account`: no circle has such a row, it is told in all circles of the account. `counts_nothing`: columns that
    change without anybody's doing. `names_account`: the entry is about the account the row is of, which lasts longer.
    """

    kind: str = ""
    part_of: tuple[str, ...] = ()
    of_account: bool = False
    names_account: bool = False
    counts_nothing: frozenset[str] = frozenset()

    @property
    def is_quiet(self) -> bool:
        """Whether the trail tells nothing of this table."""
        return not self.kind and not self.part_of


QUIET = Rule()
"""Of people's own settings, of what was sent, and of rows that only go with others which are told."""
ENDINGS = frozenset(
    {"cancelled_at", "deleted_at", "ended_at", "removed_at", "retired_on", "revoked_at", "undone_at", "withdrawn_at"}
)
"""A column that, once set, means that the row is gone for people."""

RULES: dict[str, Rule] = {
    "account_sessions": QUIET,
    "accounts": QUIET,
    "calendar_entries": QUIET,
    "calendar_feeds": Rule("feed", counts_nothing=frozenset({"last_fetched_at"})),
    "change_marks": QUIET,
    "check_ins": Rule("check_in"),
    "circles": Rule("circle"),
    "clinician_link_views": QUIET,
    "clinician_links": Rule("clinician_link"),
    "consents": Rule("consent"),
    "contacts": Rule("contact"),
    "copied_messages": Rule("message"),
    "day_steps": Rule(part_of=("infusion_day_id",)),
    "deletions": Rule("deletion"),
    "deliveries": QUIET,
    "delivery_attempts": QUIET,
    "devices": Rule("check_in_setting"),
    "diary_entries": Rule("diary"),
    "duties": Rule("duty"),
    "function_answers": Rule(part_of=("check_in_id",)),
    "given_records": Rule(part_of=("infusion_day_id",)),
    "given_sites": Rule(part_of=("given_record_id",)),
    "heartbeats": QUIET,
    "infusion_days": Rule(part_of=("infusion_id",)),
    "infusions": Rule("infusion"),
    "invitations": Rule("invitation"),
    "label_photos": Rule("photo"),
    "mail_addresses": Rule("sign_in", of_account=True, counts_nothing=frozenset({"bad_since_at"})),
    "marker_tasks": Rule("check_in_setting"),
    "measurements": Rule(part_of=("check_in_id",)),
    "medical_cards": Rule("medical_card"),
    "membership_ends": QUIET,
    "memberships": Rule("member", names_account=True),
    "nurse_links": Rule("nurse_link"),
    "nurse_saves": QUIET,
    "own_sites": Rule("plan_setting"),
    "parcels": Rule(part_of=("supply_id",)),
    "passkey_challenges": QUIET,
    "passkeys": Rule("sign_in", of_account=True, counts_nothing=frozenset({"last_used_at", "sign_count"})),
    "plan_changes": QUIET,
    "plan_looks": QUIET,
    "preparation_changes": QUIET,
    "preparations": Rule("preparation"),
    "provider_states": QUIET,
    "push_subscriptions": QUIET,
    "questionnaire_totals": Rule("questionnaire"),
    "reactions": Rule("reaction"),
    "recovery_codes": Rule("sign_in", of_account=True, counts_nothing=frozenset({"used_at"})),
    "regimen_doses": Rule(part_of=("regimen_id",)),
    "regimen_pauses": Rule(part_of=("regimen_id",)),
    "regimens": Rule("plan"),
    "reminder_rules": Rule("reminder_rule"),
    "sign_in_requests": QUIET,
    "snoozes": Rule("reminder"),
    "step_lists": Rule("plan_setting"),
    "submissions": QUIET,
    "supplies": Rule("supply"),
    "supply_changes": Rule("supply"),
    "supply_moves": Rule(part_of=("change_id",)),
    "supply_stocks": Rule(part_of=("supply_id",)),
    "task_answers": Rule(part_of=("check_in_id",)),
    "trail_entries": QUIET,
    "trail_heads": QUIET,
    "vapid_keys": QUIET,
    "vials": Rule("vial"),
    "visit_changes": QUIET,
    "visit_series": Rule("visit"),
    "visits": Rule("visit"),
    "weights": Rule("weight"),
    "written_ahead": QUIET,
}
