"""How a check-in came to the one who typed it, and the language that the patient reads."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("check_ins", schema=None) as batch_op:
        batch_op.add_column(sa.Column("told_by", sa.String(length=8), nullable=True))
    with op.batch_alter_table("circles", schema=None) as batch_op:
        batch_op.add_column(sa.Column("language", sa.String(length=8), nullable=True))


def downgrade():
    with op.batch_alter_table("circles", schema=None, recreate="never") as batch_op:
        batch_op.drop_column("language")
    with op.batch_alter_table("check_ins", schema=None) as batch_op:
        batch_op.drop_column("told_by")
