"""Scheduled: keep every plan 13 months ahead and each day at its wall time, remove photos deleted long ago."""

from companion import clock, zones
from companion.database import transaction
from companion.delivery.operations import beat
from companion.delivery.queries import last_beat
from companion.extensions import db
from companion.infusions import operations, queries
from companion.logs import log

ZONE_RULES = "zone_rules"


def extend_plans() -> int:
    """Add what is missing in all circles; returns how many courses were added."""
    with transaction():
        return operations.extend_plans(clock.now())


def keep_wall_times() -> int:
    """Under new rules of time zones, move the instants and keep the wall times; returns how many days changed.

    Every circle has a transaction of its own. Older rules than those used before change nothing: a second
    machine that lags behind would otherwise put each hour back what the first one put right.
    """
    zones.use_installed_rules()
    now, installed, used = clock.now(), zones.installed_version(), _version_used()
    if (installed or "") < (used or ""):
        log.warning("older time zone rules than used before", installed=installed, used=used)
        return 0
    found = queries.days_off_their_wall_time(now)
    db.session.rollback()
    days, failed = 0, 0
    for circle_id in found:
        try:
            with transaction():
                days += operations.keep_wall_times(circle_id, now)
        except Exception as error:
            failed += 1
            log.exception("wall times could not be kept", circle=circle_id, kind=type(error).__name__)
    if installed != used and not failed:
        with transaction():
            beat(ZONE_RULES, now=now, version=installed)
    if days or installed != used:
        log.info("time zone rules", installed=installed, used=used, circles=len(found), days=days)
    return days


def _version_used() -> str | None:
    known = last_beat(ZONE_RULES)
    version = (known.detail or {}).get("version") if known else None
    return str(version) if version else None


def purge_photos() -> int:
    """Remove photos for good that were deleted 30 days ago; returns how many."""
    with transaction():
        return operations.purge_photos(clock.now())
