"""Serial and product numbers of vials, what was saved in one go, and expiry on the last day of its month."""

from calendar import monthrange

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

VIALS = sa.table("vials", sa.column("expires_on", sa.Date()))


def upgrade():
    with op.batch_alter_table("vials", schema=None) as batch_op:
        batch_op.add_column(sa.Column("serial", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("gtin", sa.String(length=14), nullable=True))
        batch_op.add_column(sa.Column("entry_id", sa.String(length=32), nullable=True))
        batch_op.create_index("ix_vials_serial", ["circle_id", "serial"], unique=False)
        batch_op.create_index(batch_op.f("ix_vials_entry_id"), ["entry_id"], unique=False)
    # Until now a month was kept as its first day; a bottle is good until the last.
    for on in _dates():
        if on.day == 1:
            _set(on, _month_end(on))


def downgrade():
    for on in _dates():
        if on == _month_end(on):
            _set(on, on.replace(day=1))
    with op.batch_alter_table("vials", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_vials_entry_id"))
        batch_op.drop_index("ix_vials_serial")
        batch_op.drop_column("entry_id")
        batch_op.drop_column("gtin")
        batch_op.drop_column("serial")


def _dates():
    column = VIALS.c.expires_on
    return list(op.get_bind().scalars(sa.select(column).where(column.is_not(None)).distinct()))


def _set(on, to):
    op.execute(sa.update(VIALS).where(VIALS.c.expires_on == on).values(expires_on=to))


def _month_end(on):
    return on.replace(day=monthrange(on.year, on.month)[1])
