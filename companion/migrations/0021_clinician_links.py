"""Links by which a clinician reads a chosen range, and when each was opened."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "clinician_links",
        sa.Column("circle_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_clinician_links_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(["circle_id"], ["circles.id"], name=op.f("fk_clinician_links_circle_id_circles")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clinician_links")),
        sa.UniqueConstraint("public_id", name=op.f("uq_clinician_links_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_clinician_links_token_hash")),
    )
    with op.batch_alter_table("clinician_links", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_clinician_links_circle_id"), ["circle_id"], unique=False)
    op.create_table(
        "clinician_link_views",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("clinician_link_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinician_link_id"],
            ["clinician_links.id"],
            name=op.f("fk_clinician_link_views_clinician_link_id_clinician_links"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clinician_link_views")),
    )
    with op.batch_alter_table("clinician_link_views", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_clinician_link_views_clinician_link_id"), ["clinician_link_id"], unique=False
        )


def downgrade():
    with op.batch_alter_table("clinician_link_views", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_clinician_link_views_clinician_link_id"))
    op.drop_table("clinician_link_views")
    with op.batch_alter_table("clinician_links", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_clinician_links_circle_id"))
    op.drop_table("clinician_links")
