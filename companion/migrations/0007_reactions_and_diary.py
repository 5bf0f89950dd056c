"""Reactions and the diary of the days after."""

import json

import sqlalchemy as sa
from alembic import op

from companion.database import keyring

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SETS = ("kinds", "actions", "told")


def upgrade():
    with op.batch_alter_table("reactions", schema=None) as batch_op:
        for name in SETS:
            batch_op.add_column(sa.Column(name, sa.Text(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("during", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("started_time", sa.String(length=5), nullable=True))
        batch_op.add_column(sa.Column("replaces_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_reactions_replaces_id_reactions"), "reactions", ["replaces_id"], ["id"]
        )
        batch_op.alter_column("what_sealed", existing_type=sa.Text(), nullable=True)
    with op.batch_alter_table("reactions", schema=None) as batch_op:
        for name in SETS:
            batch_op.alter_column(name, existing_type=sa.Text(), server_default=None)
        batch_op.alter_column("during", existing_type=sa.Boolean(), server_default=None)

    op.create_table(
        "diary_entries",
        sa.Column("circle_id", sa.Integer(), nullable=False),
        sa.Column("infusion_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("headache", sa.String(length=8), nullable=False),
        sa.Column("signs", sa.Text(), nullable=False),
        sa.Column("temperature_sealed", sa.Text(), nullable=True),
        sa.Column("note_sealed", sa.Text(), nullable=True),
        sa.Column("replaces_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["circle_id"], ["circles.id"], name=op.f("fk_diary_entries_circle_id_circles")),
        sa.ForeignKeyConstraint(["infusion_id"], ["infusions.id"], name=op.f("fk_diary_entries_infusion_id_infusions")),
        sa.ForeignKeyConstraint(
            ["replaces_id"], ["diary_entries.id"], name=op.f("fk_diary_entries_replaces_id_diary_entries")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diary_entries")),
        sa.UniqueConstraint("public_id", name=op.f("uq_diary_entries_public_id")),
    )
    with op.batch_alter_table("diary_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_diary_entries_circle_id"), ["circle_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_diary_entries_infusion_id"), ["infusion_id"], unique=False)
        batch_op.create_index(
            batch_op.f("uq_diary_entries_infusion_id_day"),
            ["infusion_id", "day"],
            unique=True,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )


def downgrade():
    op.drop_table("diary_entries")
    write_tiles_as_words()
    op.execute("UPDATE reactions SET replaces_id = NULL")
    with op.batch_alter_table("reactions", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_reactions_replaces_id_reactions"), type_="foreignkey")
        for name in (*SETS, "during", "started_time", "replaces_id"):
            batch_op.drop_column(name)
        batch_op.alter_column("what_sealed", existing_type=sa.Text(), nullable=False)


def write_tiles_as_words():
    """The older table holds own words only: a reaction that has tiles alone gets their names as its words."""
    rows = sa.table("reactions", sa.column("id"), sa.column("public_id"), sa.column("kinds"), sa.column("what_sealed"))
    connection = op.get_bind()
    for row in connection.execute(sa.select(rows).where(rows.c.what_sealed.is_(None))).all():
        words = ", ".join(kind.replace("_", " ") for kind in json.loads(row.kinds)) or "reaction"
        sealed = keyring().lock(words, f"reactions.what:{row.public_id}")
        connection.execute(rows.update().where(rows.c.id == row.id).values(what_sealed=sealed))
