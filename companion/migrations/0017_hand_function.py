"""The movement check, the daily-hands list, totals and tapping tests; what explains a day; rhythm, thumb and size."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

NEW_COLUMNS = {
    "check_ins": (
        sa.Column("hand_warmth", sa.String(length=8), nullable=True),
        sa.Column("context", sa.Text(), nullable=False, server_default="[]"),
    ),
    "measurements": (
        sa.Column("seconds", sa.BigInteger(), nullable=True),
        sa.Column("rhythm_spread_ms", sa.Integer(), nullable=True),
    ),
    "circles": (
        sa.Column("check_in_rhythm", sa.String(length=24), nullable=False, server_default="daily"),
        sa.Column("check_in_parts", sa.Text(), nullable=False, server_default='["daily_hands", "movements"]'),
    ),
    "accounts": (
        sa.Column("thumb", sa.String(length=8), nullable=False, server_default="both"),
        sa.Column("extra_large", sa.Boolean(), nullable=False, server_default=sa.false()),
    ),
}


def upgrade():
    op.create_table(
        "function_answers",
        sa.Column("check_in_id", sa.Integer(), nullable=False),
        sa.Column("circle_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("item", sa.String(length=24), nullable=False),
        sa.Column("side", sa.String(length=8), nullable=False),
        sa.Column("answer", sa.String(length=16), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["check_in_id"], ["check_ins.id"], name=op.f("fk_function_answers_check_in_id_check_ins")),
        sa.ForeignKeyConstraint(["circle_id"], ["circles.id"], name=op.f("fk_function_answers_circle_id_circles")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_function_answers")),
        sa.UniqueConstraint("public_id", name=op.f("uq_function_answers_public_id")),
        sa.UniqueConstraint(
            "check_in_id", "kind", "item", "side", name=op.f("uq_function_answers_check_in_id_kind_item_side")
        ),
    )
    with op.batch_alter_table("function_answers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_function_answers_check_in_id"), ["check_in_id"], unique=False)
        batch_op.create_index("ix_function_answers_circle_kind_on", ["circle_id", "kind", "on"], unique=False)
    op.create_table(
        "questionnaire_totals",
        sa.Column("circle_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=True),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("out_of", sa.BigInteger(), nullable=True),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_questionnaire_totals_account_id_accounts")),
        sa.ForeignKeyConstraint(["circle_id"], ["circles.id"], name=op.f("fk_questionnaire_totals_circle_id_circles")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questionnaire_totals")),
        sa.UniqueConstraint("public_id", name=op.f("uq_questionnaire_totals_public_id")),
    )
    with op.batch_alter_table("questionnaire_totals", schema=None) as batch_op:
        batch_op.create_index("ix_questionnaire_totals_circle_on", ["circle_id", "on"], unique=False)
    for table, columns in NEW_COLUMNS.items():
        for column in columns:
            op.add_column(table, column._copy())


def downgrade():
    # Not as a batch: that makes the table anew, and SQLite drops no table that other rows point to.
    for table, columns in NEW_COLUMNS.items():
        for column in columns:
            op.drop_column(table, column.name)
    with op.batch_alter_table("questionnaire_totals", schema=None) as batch_op:
        batch_op.drop_index("ix_questionnaire_totals_circle_on")
    op.drop_table("questionnaire_totals")
    with op.batch_alter_table("function_answers", schema=None) as batch_op:
        batch_op.drop_index("ix_function_answers_circle_kind_on")
        batch_op.drop_index(batch_op.f("ix_function_answers_check_in_id"))
    op.drop_table("function_answers")
