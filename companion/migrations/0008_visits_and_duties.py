"""Visits, duties and things to prepare."""

import secrets
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

CIRCLES = sa.table("circles", sa.column("id"), sa.column("tz"), sa.column("next_visit_on", sa.Date()))
VISITS = sa.table(
    "visits",
    *(sa.column(name) for name in ("public_id", "circle_id", "is_exception", "kind", "tz", "state", "is_dropped")),
    sa.column("planned_on", sa.Date()),
    sa.column("revision"),
    sa.column("created_at", sa.DateTime(timezone=True)),
    sa.column("changed_at", sa.DateTime(timezone=True)),
)


def upgrade():
    op.create_table(
        "visit_series",
        sa.Column("circle_id", sa.Integer(), nullable=False),
        sa.Column("interval_count", sa.Integer(), nullable=False),
        sa.Column("interval_unit", sa.String(length=8), nullable=False),
        sa.Column("anchor_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["circle_id"], ["circles.id"], name=op.f("fk_visit_series_circle_id_circles")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_series")),
        sa.UniqueConstraint("public_id", name=op.f("uq_visit_series_public_id")),
    )
    op.create_index(op.f("ix_visit_series_circle_id"), "visit_series", ["circle_id"])
    op.create_table(
        "visits",
        sa.Column("circle_id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=True),
        sa.Column("slot_on", sa.Date(), nullable=True),
        sa.Column("is_exception", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("title_sealed", sa.Text(), nullable=True),
        sa.Column("planned_on", sa.Date(), nullable=False),
        sa.Column("local_time", sa.String(length=5), nullable=True),
        sa.Column("tz", sa.String(length=64), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("length_minutes", sa.Integer(), nullable=True),
        sa.Column("moved_from_on", sa.Date(), nullable=True),
        sa.Column("place", sa.String(length=200), nullable=True),
        sa.Column("phone_sealed", sa.Text(), nullable=True),
        sa.Column("bring_sealed", sa.Text(), nullable=True),
        sa.Column("questions_sealed", sa.Text(), nullable=True),
        sa.Column("note_sealed", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("is_dropped", sa.Boolean(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["circle_id"], ["circles.id"], name=op.f("fk_visits_circle_id_circles")),
        sa.ForeignKeyConstraint(["series_id"], ["visit_series.id"], name=op.f("fk_visits_series_id_visit_series")),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["accounts.id"], name=op.f("fk_visits_answered_by_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits")),
        sa.UniqueConstraint("public_id", name=op.f("uq_visits_public_id")),
    )
    op.create_index("ix_visits_circle_planned", "visits", ["circle_id", "planned_on"])
    op.create_index(op.f("ix_visits_series_id"), "visits", ["series_id"])
    _create_changes("visit_changes", "visit_id", "visits")
    op.create_table(
        "duties",
        sa.Column("circle_id", sa.Integer(), nullable=False),
        sa.Column("infusion_id", sa.Integer(), nullable=False),
        sa.Column("day_number", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("name_sealed", sa.Text(), nullable=True),
        sa.Column("agreed_on", sa.Date(), nullable=True),
        sa.Column("offered_to_id", sa.Integer(), nullable=True),
        sa.Column("offered_by_id", sa.Integer(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["circle_id"], ["circles.id"], name=op.f("fk_duties_circle_id_circles")),
        sa.ForeignKeyConstraint(["infusion_id"], ["infusions.id"], name=op.f("fk_duties_infusion_id_infusions")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_duties_account_id_accounts")),
        sa.ForeignKeyConstraint(["offered_to_id"], ["accounts.id"], name=op.f("fk_duties_offered_to_id_accounts")),
        sa.ForeignKeyConstraint(["offered_by_id"], ["accounts.id"], name=op.f("fk_duties_offered_by_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duties")),
        sa.UniqueConstraint("public_id", name=op.f("uq_duties_public_id")),
        sa.UniqueConstraint(
            "infusion_id", "day_number", "role", name=op.f("uq_duties_infusion_id_day_number_role")
        ),
    )
    op.create_index(op.f("ix_duties_circle_id"), "duties", ["circle_id"])
    op.create_table(
        "preparations",
        sa.Column("circle_id", sa.Integer(), nullable=False),
        sa.Column("infusion_id", sa.Integer(), nullable=True),
        sa.Column("route", sa.String(length=2), nullable=False),
        sa.Column("origin", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=True),
        sa.Column("words_sealed", sa.Text(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("lead_days", sa.Integer(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by_id", sa.Integer(), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["circle_id"], ["circles.id"], name=op.f("fk_preparations_circle_id_circles")),
        sa.ForeignKeyConstraint(
            ["infusion_id"], ["infusions.id"], name=op.f("fk_preparations_infusion_id_infusions")
        ),
        sa.ForeignKeyConstraint(["done_by_id"], ["accounts.id"], name=op.f("fk_preparations_done_by_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_preparations")),
        sa.UniqueConstraint("public_id", name=op.f("uq_preparations_public_id")),
        sa.UniqueConstraint("infusion_id", "origin", name=op.f("uq_preparations_infusion_id_origin")),
    )
    op.create_index(op.f("ix_preparations_circle_id"), "preparations", ["circle_id"])
    _create_changes("preparation_changes", "infusion_id", "infusions", nullable=True)
    _next_visits_become_visits()
    op.drop_column("circles", "next_visit_on")


def _create_changes(name, subject, table, nullable=False):
    op.create_table(
        name,
        sa.Column("circle_id", sa.Integer(), nullable=False),
        sa.Column(subject, sa.Integer(), nullable=nullable),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("verb", sa.String(length=16), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["circle_id"], ["circles.id"], name=op.f(f"fk_{name}_circle_id_circles")),
        sa.ForeignKeyConstraint([subject], [f"{table}.id"], name=op.f(f"fk_{name}_{subject}_{table}")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f(f"fk_{name}_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("public_id", name=op.f(f"uq_{name}_public_id")),
    )
    op.create_index(op.f(f"ix_{name}_circle_id"), name, ["circle_id"])
    op.create_index(op.f(f"ix_{name}_{subject}"), name, [subject])


def _next_visits_become_visits():
    """The one date of a visit that a circle had is a visit to the neurologist from now on."""
    known = op.get_bind().execute(sa.select(CIRCLES).where(CIRCLES.c.next_visit_on.is_not(None))).all()
    now = datetime.now(UTC)
    for circle_id, tz, on in known:
        values = {"circle_id": circle_id, "tz": tz, "planned_on": on, "kind": "neurologist", "state": "planned"}
        made = {"public_id": secrets.token_urlsafe(16), "revision": 0, "created_at": now, "changed_at": now}
        op.execute(VISITS.insert().values(is_exception=False, is_dropped=False, **values, **made))


def downgrade():
    op.add_column("circles", sa.Column("next_visit_on", sa.Date(), nullable=True))
    last = sa.select(sa.func.max(VISITS.c.planned_on)).where(
        VISITS.c.circle_id == CIRCLES.c.id, VISITS.c.kind == "neurologist", VISITS.c.state == "planned"
    )
    op.execute(CIRCLES.update().values(next_visit_on=last.scalar_subquery()))
    for name in ("preparation_changes", "preparations", "duties", "visit_changes", "visits", "visit_series"):
        op.drop_table(name)
