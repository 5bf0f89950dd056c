"""Push subscriptions, who takes messages over, and one reminder rule a reader."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "push_subscriptions",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("endpoint_sealed", sa.Text(), nullable=False),
        sa.Column("endpoint_hash", sa.String(length=64), nullable=False),
        sa.Column("p256dh", sa.String(length=120), nullable=False),
        sa.Column("auth_sealed", sa.Text(), nullable=False),
        sa.Column("vapid_public", sa.String(length=120), nullable=False),
        sa.Column("provider", sa.String(length=120), nullable=False),
        sa.Column("device_name", sa.String(length=60), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_since_confirmed", sa.Integer(), nullable=False),
        sa.Column("first_unconfirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_reason", sa.String(length=32), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_push_subscriptions_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_subscriptions")),
        sa.UniqueConstraint("endpoint_hash", name=op.f("uq_push_subscriptions_endpoint_hash")),
        sa.UniqueConstraint("public_id", name=op.f("uq_push_subscriptions_public_id")),
    )
    with op.batch_alter_table("push_subscriptions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_push_subscriptions_account_id"), ["account_id"], unique=False)

    op.create_table(
        "vapid_keys",
        sa.Column("private_sealed", sa.Text(), nullable=False),
        sa.Column("public", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vapid_keys")),
        sa.UniqueConstraint("public_id", name=op.f("uq_vapid_keys_public_id")),
    )
    op.create_table(
        "provider_states",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_detail", sa.String(length=200), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_provider_states")),
    )

    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("provider", sa.String(length=120), nullable=False, server_default="email"))
        batch_op.add_column(sa.Column("priority", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.drop_index("ix_deliveries_due")
        batch_op.create_index("ix_deliveries_due", ["state", "provider", "priority", "next_attempt_at"], unique=False)
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.alter_column("provider", server_default=None)
        batch_op.alter_column("priority", server_default=None)

    with op.batch_alter_table("reminder_rules", schema=None) as batch_op:
        batch_op.add_column(sa.Column("by_push", sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column("by_hook", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("mail", sa.String(length=16), nullable=False, server_default="backup"))
        batch_op.add_column(sa.Column("events_off", sa.Text(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("lead_hours", sa.Integer(), nullable=False, server_default="24"))
        batch_op.add_column(sa.Column("nudge_at", sa.String(length=5), nullable=True))
        batch_op.add_column(sa.Column("gets_escalations", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("escalate_after_hours", sa.Integer(), nullable=False, server_default="4"))
        batch_op.add_column(sa.Column("switched_on_by_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_reminder_rules_switched_on_by_id_accounts"), "accounts", ["switched_on_by_id"], ["id"]
        )
        batch_op.drop_constraint(
            batch_op.f("uq_reminder_rules_circle_id_recipient_id_subject_kind_channel"), type_="unique"
        )
        batch_op.create_unique_constraint(
            batch_op.f("uq_reminder_rules_circle_id_recipient_id"), ["circle_id", "recipient_id"]
        )
        batch_op.drop_column("subject_kind")
        batch_op.drop_column("channel")
    with op.batch_alter_table("reminder_rules", schema=None) as batch_op:
        for name in ("by_push", "by_hook", "mail", "events_off", "lead_hours", "gets_escalations", "escalate_after_hours"):
            batch_op.alter_column(name, server_default=None)


def downgrade():
    with op.batch_alter_table("reminder_rules", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("subject_kind", sa.String(length=32), nullable=False, server_default="infusion_day")
        )
        batch_op.add_column(sa.Column("channel", sa.String(length=16), nullable=False, server_default="email"))
        batch_op.drop_constraint(batch_op.f("uq_reminder_rules_circle_id_recipient_id"), type_="unique")
        batch_op.create_unique_constraint(
            batch_op.f("uq_reminder_rules_circle_id_recipient_id_subject_kind_channel"),
            ["circle_id", "recipient_id", "subject_kind", "channel"],
        )
        batch_op.drop_constraint(batch_op.f("fk_reminder_rules_switched_on_by_id_accounts"), type_="foreignkey")
        for name in (
            "by_push",
            "by_hook",
            "mail",
            "events_off",
            "lead_hours",
            "nudge_at",
            "gets_escalations",
            "escalate_after_hours",
            "switched_on_by_id",
        ):
            batch_op.drop_column(name)
    with op.batch_alter_table("reminder_rules", schema=None) as batch_op:
        batch_op.alter_column("subject_kind", server_default=None)
        batch_op.alter_column("channel", server_default=None)

    op.execute("delete from delivery_attempts where delivery_id in (select id from deliveries where channel <> 'email')")
    op.execute("delete from deliveries where channel <> 'email'")
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index("ix_deliveries_due")
        batch_op.create_index("ix_deliveries_due", ["state", "next_attempt_at"], unique=False)
        batch_op.drop_column("confirmed_at")
        batch_op.drop_column("priority")
        batch_op.drop_column("provider")
    op.drop_table("provider_states")
    op.drop_table("vapid_keys")
    with op.batch_alter_table("push_subscriptions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_push_subscriptions_account_id"))
    op.drop_table("push_subscriptions")
