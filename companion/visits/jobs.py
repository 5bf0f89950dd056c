"""Scheduled: keep every series of visits 13 months ahead, and each visit at its wall time."""

from companion import clock, zones
from companion.database import transaction
from companion.delivery.queries import last_beat
from companion.visits import operations

ZONE_RULES = "zone_rules"
"""Under this name the version of the zone rules in use is kept."""


def extend_visits() -> int:
    """Add what is missing in all circles; returns how many visits were added.

    Wall times are kept too, but not under older zone rules than those used before: a machine that lags behind
    would put each hour back.
    """
    zones.use_installed_rules()
    used = last_beat(ZONE_RULES)
    with transaction():
        if (zones.installed_version() or "") >= str((used.detail or {}).get("version") or "" if used else ""):
            operations.keep_visit_times(clock.now())
        return operations.extend_visits(clock.now())
