"""Photos of labels, and links for the nurse."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "label_photos",
        sa.Column("circle_id", sa.Integer(), nullable=False),
        sa.Column("infusion_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("picture_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("preview_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("copied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("copied_by_id", sa.Integer(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["circle_id"], ["circles.id"], name=op.f("fk_label_photos_circle_id_circles")),
        sa.ForeignKeyConstraint(["infusion_id"], ["infusions.id"], name=op.f("fk_label_photos_infusion_id_infusions")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_label_photos_account_id_accounts")),
        sa.ForeignKeyConstraint(["copied_by_id"], ["accounts.id"], name=op.f("fk_label_photos_copied_by_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_photos")),
        sa.UniqueConstraint("public_id", name=op.f("uq_label_photos_public_id")),
        sa.UniqueConstraint("infusion_id", "fingerprint", name=op.f("uq_label_photos_infusion_id_fingerprint")),
    )
    with op.batch_alter_table("label_photos", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_label_photos_circle_id"), ["circle_id"], unique=False)

    op.create_table(
        "nurse_links",
        sa.Column("circle_id", sa.Integer(), nullable=False),
        sa.Column("infusion_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["circle_id"], ["circles.id"], name=op.f("fk_nurse_links_circle_id_circles")),
        sa.ForeignKeyConstraint(["infusion_id"], ["infusions.id"], name=op.f("fk_nurse_links_infusion_id_infusions")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_nurse_links_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nurse_links")),
        sa.UniqueConstraint("public_id", name=op.f("uq_nurse_links_public_id")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_nurse_links_code_hash")),
    )
    with op.batch_alter_table("nurse_links", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_nurse_links_circle_id"), ["circle_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_nurse_links_infusion_id"), ["infusion_id"], unique=False)

    op.create_table(
        "nurse_saves",
        sa.Column("nurse_link_id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("entry_id", sa.String(length=32), nullable=False),
        sa.Column("vial_count", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["nurse_link_id"], ["nurse_links.id"], name=op.f("fk_nurse_saves_nurse_link_id_nurse_links")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nurse_saves")),
        sa.UniqueConstraint("public_id", name=op.f("uq_nurse_saves_public_id")),
        sa.UniqueConstraint("nurse_link_id", "client_id", name=op.f("uq_nurse_saves_nurse_link_id_client_id")),
    )
    with op.batch_alter_table("nurse_saves", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_nurse_saves_entry_id"), ["entry_id"], unique=False)


def downgrade():
    with op.batch_alter_table("nurse_saves", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_nurse_saves_entry_id"))

    op.drop_table("nurse_saves")
    with op.batch_alter_table("nurse_links", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_nurse_links_infusion_id"))
        batch_op.drop_index(batch_op.f("ix_nurse_links_circle_id"))

    op.drop_table("nurse_links")
    with op.batch_alter_table("label_photos", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_label_photos_circle_id"))

    op.drop_table("label_photos")
