"""The wall time of a day is kept beside its instant."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

days = sa.table(
    "infusion_days",
    sa.column("id", sa.Integer),
    sa.column("infusion_id", sa.Integer),
    sa.column("planned_on", sa.Date),
    sa.column("starts_at", sa.DateTime(timezone=True)),
    sa.column("tz", sa.String),
    sa.column("local_time", sa.String),
)
infusions = sa.table("infusions", sa.column("id", sa.Integer), sa.column("regimen_id", sa.Integer))
regimens = sa.table("regimens", sa.column("id", sa.Integer), sa.column("local_time", sa.String))


def upgrade():
    op.add_column("infusion_days", sa.Column("local_time", sa.String(length=5), nullable=True))
    _fill()


def _fill():
    """Each day that has an instant gets the wall time it was planned for."""
    query = (
        sa.select(days.c.id, days.c.planned_on, days.c.starts_at, days.c.tz, regimens.c.local_time)
        .select_from(days)
        .join(infusions, infusions.c.id == days.c.infusion_id)
        .outerjoin(regimens, regimens.c.id == infusions.c.regimen_id)
        .where(days.c.starts_at.is_not(None))
    )
    connection = op.get_bind()
    found = [{"key": key, "wall": _wall_time(*rest)} for key, *rest in connection.execute(query)]
    if found:
        update = sa.update(days).where(days.c.id == sa.bindparam("key")).values(local_time=sa.bindparam("wall"))
        connection.execute(update, found)


def _wall_time(on, starts_at, tz, wished):
    """The wished time of the plan where it gives this instant (in a spring gap it is not on the wall), else the wall's."""
    starts_at = starts_at.replace(tzinfo=UTC) if starts_at.tzinfo is None else starts_at
    try:
        zone = ZoneInfo(tz)
    except ZoneInfoNotFoundError:
        return None
    if wished and datetime.combine(on, time.fromisoformat(wished), tzinfo=zone).astimezone(UTC) == starts_at:
        return wished
    return f"{starts_at.astimezone(zone):%H:%M}"


def downgrade():
    op.drop_column("infusion_days", "local_time")  # in place: no copy of a table that others refer to
