"""Messages copied by hand, and until when a person has read of times without reminders."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "copied_messages",
        sa.Column("circle_id", sa.Integer(), nullable=False),
        sa.Column("infusion_day_id", sa.Integer(), nullable=False),
        sa.Column("sender_id", sa.Integer(), nullable=False),
        sa.Column("for_account_id", sa.Integer(), nullable=True),
        sa.Column("for_name_sealed", sa.Text(), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("privacy", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said", sa.String(length=16), nullable=True),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("change_id", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        *(
            sa.ForeignKeyConstraint([name], [f"{table}.id"], name=op.f(f"fk_copied_messages_{name}_{table}"))
            for name, table in (
                ("circle_id", "circles"),
                ("infusion_day_id", "infusion_days"),
                ("sender_id", "accounts"),
                ("for_account_id", "accounts"),
                ("change_id", "plan_changes"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_copied_messages")),
        sa.UniqueConstraint("public_id", name=op.f("uq_copied_messages_public_id")),
    )
    with op.batch_alter_table("copied_messages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_copied_messages_circle_id"), ["circle_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_copied_messages_infusion_day_id"), ["infusion_day_id"], unique=False)
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("outages_seen_at", sa.DateTime(timezone=True), nullable=True))


def downgrade():
    # Not as a batch: that makes the table anew, and SQLite drops no table that other rows point to.
    op.drop_column("accounts", "outages_seen_at")
    with op.batch_alter_table("copied_messages", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_copied_messages_infusion_day_id"))
        batch_op.drop_index(batch_op.f("ix_copied_messages_circle_id"))
    op.drop_table("copied_messages")
