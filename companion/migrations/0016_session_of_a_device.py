"""Which signed-in browser a device is, so that signing it out elsewhere ends its messages too."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("push_subscriptions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("session_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_push_subscriptions_session_id_account_sessions"),
            "account_sessions",
            ["session_id"],
            ["id"],
        )
        batch_op.create_index(batch_op.f("ix_push_subscriptions_session_id"), ["session_id"], unique=False)


def downgrade():
    with op.batch_alter_table("push_subscriptions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_push_subscriptions_session_id"))
        batch_op.drop_constraint(
            batch_op.f("fk_push_subscriptions_session_id_account_sessions"), type_="foreignkey"
        )
        batch_op.drop_column("session_id")
