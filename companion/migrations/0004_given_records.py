"""What was given on a day."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "given_records",
        sa.Column("circle_id", sa.Integer(), nullable=False),
        sa.Column("infusion_day_id", sa.Integer(), nullable=False),
        sa.Column("route", sa.String(length=2), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("place", sa.String(length=200), nullable=True),
        sa.Column("prepared_by_sealed", sa.Text(), nullable=True),
        sa.Column("given_by_sealed", sa.Text(), nullable=True),
        sa.Column("product", sa.String(length=120), nullable=True),
        sa.Column("strength", sa.String(length=40), nullable=True),
        sa.Column("stop_reason_sealed", sa.Text(), nullable=True),
        sa.Column("weight_unit", sa.String(length=2), nullable=True),
        sa.Column("vein_site", sa.String(length=24), nullable=True),
        sa.Column("rates", sa.Text(), nullable=False),
        sa.Column("premedicines_sealed", sa.Text(), nullable=True),
        sa.Column("fluids_sealed", sa.Text(), nullable=True),
        sa.Column("undo_sealed", sa.Text(), nullable=True),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_by_id", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["circle_id"], ["circles.id"], name=op.f("fk_given_records_circle_id_circles")),
        sa.ForeignKeyConstraint(
            ["infusion_day_id"], ["infusion_days.id"], name=op.f("fk_given_records_infusion_day_id_infusion_days")
        ),
        sa.ForeignKeyConstraint(["saved_by_id"], ["accounts.id"], name=op.f("fk_given_records_saved_by_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_given_records")),
        sa.UniqueConstraint("infusion_day_id", name=op.f("uq_given_records_infusion_day_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_given_records_public_id")),
    )
    with op.batch_alter_table("given_records", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_given_records_circle_id"), ["circle_id"], unique=False)

    op.create_table(
        "given_sites",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("circle_id", sa.Integer(), nullable=False),
        sa.Column("given_record_id", sa.Integer(), nullable=False),
        sa.Column("site", sa.String(length=24), nullable=False),
        sa.Column("ml", sa.BigInteger(), nullable=True),
        sa.Column("needle_mm", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["circle_id"], ["circles.id"], name=op.f("fk_given_sites_circle_id_circles")),
        sa.ForeignKeyConstraint(
            ["given_record_id"], ["given_records.id"], name=op.f("fk_given_sites_given_record_id_given_records")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_given_sites")),
        sa.UniqueConstraint("given_record_id", "site", name=op.f("uq_given_sites_given_record_id_site")),
    )
    with op.batch_alter_table("given_sites", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_given_sites_circle_id"), ["circle_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_given_sites_given_record_id"), ["given_record_id"], unique=False)

    op.create_table(
        "own_sites",
        sa.Column("circle_id", sa.Integer(), nullable=False),
        sa.Column("sites", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["circle_id"], ["circles.id"], name=op.f("fk_own_sites_circle_id_circles")),
        sa.PrimaryKeyConstraint("circle_id", name=op.f("pk_own_sites")),
    )
    op.create_table(
        "step_lists",
        sa.Column("circle_id", sa.Integer(), nullable=False),
        sa.Column("vein_sealed", sa.Text(), nullable=True),
        sa.Column("skin_sealed", sa.Text(), nullable=True),
        sa.Column("before_sealed", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["circle_id"], ["circles.id"], name=op.f("fk_step_lists_circle_id_circles")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step_lists")),
        sa.UniqueConstraint("circle_id", name=op.f("uq_step_lists_circle_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_step_lists_public_id")),
    )
    op.create_table(
        "day_steps",
        sa.Column("circle_id", sa.Integer(), nullable=False),
        sa.Column("infusion_day_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text_sealed", sa.Text(), nullable=False),
        sa.Column("ticked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ticked_by_id", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["circle_id"], ["circles.id"], name=op.f("fk_day_steps_circle_id_circles")),
        sa.ForeignKeyConstraint(
            ["infusion_day_id"], ["infusion_days.id"], name=op.f("fk_day_steps_infusion_day_id_infusion_days")
        ),
        sa.ForeignKeyConstraint(["ticked_by_id"], ["accounts.id"], name=op.f("fk_day_steps_ticked_by_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_steps")),
        sa.UniqueConstraint("infusion_day_id", "number", name=op.f("uq_day_steps_infusion_day_id_number")),
        sa.UniqueConstraint("public_id", name=op.f("uq_day_steps_public_id")),
    )
    with op.batch_alter_table("day_steps", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_day_steps_circle_id"), ["circle_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_day_steps_infusion_day_id"), ["infusion_day_id"], unique=False)

    # Nothing ever wrote it: the weight of a day is a row of `weights`.
    # Not by copying the table: other rows point to it, and SQLite would refuse to drop the old one.
    with op.batch_alter_table("infusions", schema=None, recreate="never") as batch_op:
        batch_op.drop_column("weight_kg")


def downgrade():
    with op.batch_alter_table("infusions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("weight_kg", sa.BigInteger(), nullable=True))
    for table in ("day_steps", "step_lists", "own_sites", "given_sites", "given_records"):
        op.drop_table(table)
