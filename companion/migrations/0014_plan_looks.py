"""When the messages of each circle are looked at again."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "plan_looks",
        sa.Column("circle_id", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("marks", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["circle_id"], ["circles.id"], name=op.f("fk_plan_looks_circle_id_circles")),
        sa.PrimaryKeyConstraint("circle_id", name=op.f("pk_plan_looks")),
    )
    with op.batch_alter_table("plan_looks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plan_looks_next_at"), ["next_at"], unique=False)


def downgrade():
    with op.batch_alter_table("plan_looks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_plan_looks_next_at"))
    op.drop_table("plan_looks")
