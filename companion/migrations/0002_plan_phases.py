"""Plans: loading, pauses, doses from a date."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

DOSE = ("total_grams", "dose_g_per_kg", "dose_each_day")
SINCE_IT_BEGAN = "1900-01-01"


def upgrade():
    op.create_table(
        "regimen_doses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("regimen_id", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("is_loading", sa.Boolean(), nullable=False),
        sa.Column("total_grams", sa.BigInteger(), nullable=True),
        sa.Column("dose_g_per_kg", sa.BigInteger(), nullable=True),
        sa.Column("dose_each_day", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["regimen_id"], ["regimens.id"], name=op.f("fk_regimen_doses_regimen_id_regimens")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regimen_doses")),
        sa.UniqueConstraint(
            "regimen_id", "is_loading", "from_on", name=op.f("uq_regimen_doses_regimen_id_is_loading_from_on")
        ),
    )
    op.create_table(
        "regimen_pauses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("regimen_id", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(length=24), nullable=True),
        sa.ForeignKeyConstraint(["regimen_id"], ["regimens.id"], name=op.f("fk_regimen_pauses_regimen_id_regimens")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regimen_pauses")),
    )
    with op.batch_alter_table("regimen_pauses", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_regimen_pauses_regimen_id"), ["regimen_id"], unique=False)
    with op.batch_alter_table("infusions", schema=None, recreate="never") as batch_op:
        batch_op.add_column(sa.Column("is_loading", sa.Boolean(), nullable=False, server_default=sa.text("false")))
        batch_op.add_column(sa.Column("restart_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("restart_gap_days", sa.Integer(), nullable=True))
    op.execute(
        "INSERT INTO regimen_doses (regimen_id, from_on, is_loading, total_grams, dose_g_per_kg, dose_each_day) "
        f"SELECT id, '{SINCE_IT_BEGAN}', false, total_grams, dose_g_per_kg, dose_each_day FROM regimens "
        "WHERE total_grams IS NOT NULL OR dose_g_per_kg IS NOT NULL"
    )
    # Never by copying: other rows point to these tables, and SQLite would refuse to drop the old one.
    with op.batch_alter_table("regimens", schema=None, recreate="never") as batch_op:
        for name in DOSE:
            batch_op.drop_column(name)
        batch_op.add_column(sa.Column("loading_offsets", sa.Text(), nullable=True))


def downgrade():
    with op.batch_alter_table("regimens", schema=None, recreate="never") as batch_op:
        batch_op.drop_column("loading_offsets")
        batch_op.add_column(sa.Column("total_grams", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("dose_g_per_kg", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("dose_each_day", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    for name in DOSE:  # the newest dose is the one that a plan of before knew
        op.execute(
            f"UPDATE regimens SET {name} = COALESCE((SELECT d.{name} FROM regimen_doses d "
            "WHERE d.regimen_id = regimens.id AND d.is_loading = false "
            f"ORDER BY d.from_on DESC LIMIT 1), {name})"
        )
    with op.batch_alter_table("infusions", schema=None, recreate="never") as batch_op:
        for name in ("restart_gap_days", "restart_on", "is_loading"):
            batch_op.drop_column(name)
    op.drop_table("regimen_pauses")
    op.drop_table("regimen_doses")
