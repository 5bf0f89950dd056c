"""Supplies at home."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def _row(table, *columns, public=True):
    """A table with an inner number and, where addresses name its rows, a public id."""
    own = [sa.Column("id", sa.Integer(), nullable=False)]
    own += [sa.Column("public_id", sa.String(length=32), nullable=False)] if public else []
    keys = [sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))]
    keys += [sa.UniqueConstraint("public_id", name=op.f(f"uq_{table}_public_id"))] if public else []
    op.create_table(table, *columns, *own, *keys)


def _to(table, column, other):
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def upgrade():
    _row(
        "supplies",
        sa.Column("circle_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("grams", sa.BigInteger(), nullable=True),
        sa.Column("low_at", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        _to("supplies", "circle_id", "circles"),
    )
    _row(
        "supply_stocks",
        sa.Column("circle_id", sa.Integer(), nullable=False),
        sa.Column("supply_id", sa.Integer(), nullable=False),
        sa.Column("lot", sa.String(length=60), nullable=True),
        sa.Column("lot_normalised", sa.String(length=60), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=False),
        _to("supply_stocks", "circle_id", "circles"),
        _to("supply_stocks", "supply_id", "supplies"),
    )
    _row(
        "parcels",
        sa.Column("circle_id", sa.Integer(), nullable=False),
        sa.Column("supply_id", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _to("parcels", "circle_id", "circles"),
        _to("parcels", "supply_id", "supplies"),
    )
    _row(
        "supply_changes",
        sa.Column("circle_id", sa.Integer(), nullable=False),
        sa.Column("infusion_id", sa.Integer(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("parcel_id", sa.Integer(), nullable=True),
        sa.Column("verb", sa.String(length=8), nullable=False),
        sa.Column("vial_ids", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        _to("supply_changes", "circle_id", "circles"),
        _to("supply_changes", "infusion_id", "infusions"),
        _to("supply_changes", "account_id", "accounts"),
        _to("supply_changes", "parcel_id", "parcels"),
    )
    _row(
        "supply_moves",
        sa.Column("change_id", sa.Integer(), nullable=False),
        sa.Column("stock_id", sa.Integer(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=False),
        _to("supply_moves", "change_id", "supply_changes"),
        _to("supply_moves", "stock_id", "supply_stocks"),
        public=False,
    )
    for table, column in INDEXES:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.create_index(batch_op.f(f"ix_{table}_{column}"), [column], unique=False)


INDEXES = (
    ("supplies", "circle_id"),
    ("supply_stocks", "circle_id"),
    ("supply_stocks", "supply_id"),
    ("parcels", "circle_id"),
    ("parcels", "supply_id"),
    ("supply_changes", "circle_id"),
    ("supply_changes", "infusion_id"),
    ("supply_moves", "change_id"),
    ("supply_moves", "stock_id"),
)


def downgrade():
    for table in ("supply_moves", "supply_changes", "parcels", "supply_stocks", "supplies"):
        op.drop_table(table)
