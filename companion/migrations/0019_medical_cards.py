"""The medical card of a circle."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "medical_cards",
        sa.Column("circle_id", sa.Integer(), nullable=False),
        sa.Column("has_mmn", sa.Boolean(), nullable=False),
        sa.Column("conditions_sealed", sa.Text(), nullable=True),
        sa.Column("allergy_answer", sa.String(length=16), nullable=True),
        sa.Column("allergies_sealed", sa.Text(), nullable=True),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["circle_id"], ["circles.id"], name=op.f("fk_medical_cards_circle_id_circles")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_medical_cards")),
        sa.UniqueConstraint("circle_id", name=op.f("uq_medical_cards_circle_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_medical_cards_public_id")),
    )


def downgrade():
    op.drop_table("medical_cards")
