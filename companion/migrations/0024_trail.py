"""The trail of a circle: entries that nobody can change, and a head for each chain.

Circles that are there already begin their chains empty.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

START = "0" * 64

HEAD_IS_WRONG = """
    OLD.id <> NEW.id OR OLD.circle_public_id <> NEW.circle_public_id OR NEW.sequence < OLD.sequence
    OR OLD.erased_at IS NOT NULL
    OR (NEW.erased_at IS NULL AND OLD.circle_id IS NOT NULL AND (NEW.circle_id IS NULL OR NEW.circle_id <> OLD.circle_id))
    OR (NEW.erased_at IS NULL AND OLD.circle_id IS NULL)
    OR (NEW.erased_at IS NOT NULL AND (NEW.sequence <> OLD.sequence OR NEW.hash <> OLD.hash))
"""
ERASED = "EXISTS (SELECT 1 FROM trail_heads WHERE id = {row}.head_id AND erased_at IS NOT NULL)"
SQLITE = {
    "trail_entries_stay_as_they_are": "BEFORE UPDATE ON trail_entries",
    "trail_entries_stay": f"BEFORE DELETE ON trail_entries WHEN NOT {ERASED.format(row='OLD')}",
    "trail_entries_are_new": f"""BEFORE INSERT ON trail_entries WHEN {ERASED.format(row="NEW")} OR EXISTS
        (SELECT 1 FROM trail_entries
         WHERE id = NEW.id OR (head_id = NEW.head_id AND sequence = NEW.sequence))""",
    "trail_heads_go_on": f"BEFORE UPDATE ON trail_heads WHEN {HEAD_IS_WRONG}",
    "trail_heads_stay": "BEFORE DELETE ON trail_heads",
    "trail_heads_are_new": """BEFORE INSERT ON trail_heads WHEN EXISTS
        (SELECT 1 FROM trail_heads WHERE id = NEW.id OR circle_id = NEW.circle_id
         OR circle_public_id = NEW.circle_public_id)""",
}
"""`INSERT OR REPLACE` deletes without asking the trigger of deletions: so an insert looks for what is in its way."""
REFUSE = """
    CREATE FUNCTION trail_refuses() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the trail is append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$
"""
REFUSE_IF_LIVE = f"""
    CREATE FUNCTION trail_refuses_if_live() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF {ERASED.format(row="OLD")} THEN RETURN OLD; END IF;
      RAISE EXCEPTION 'the trail is append-only' USING ERRCODE = 'integrity_constraint_violation';
    END $$
"""
REFUSE_IF_ERASED = f"""
    CREATE FUNCTION trail_refuses_if_erased() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NOT {ERASED.format(row="NEW")} THEN RETURN NEW; END IF;
      RAISE EXCEPTION 'the trail has ended' USING ERRCODE = 'integrity_constraint_violation';
    END $$
"""
POSTGRESQL = {
    "trail_entries_stay_as_they_are": "BEFORE UPDATE ON trail_entries FOR EACH ROW EXECUTE FUNCTION trail_refuses()",
    "trail_entries_stay": "BEFORE DELETE ON trail_entries FOR EACH ROW EXECUTE FUNCTION trail_refuses_if_live()",
    "trail_entries_are_new": "BEFORE INSERT ON trail_entries FOR EACH ROW EXECUTE FUNCTION trail_refuses_if_erased()",
    "trail_entries_are_kept": "BEFORE TRUNCATE ON trail_entries EXECUTE FUNCTION trail_refuses()",
    "trail_heads_go_on": f"BEFORE UPDATE ON trail_heads FOR EACH ROW WHEN ({HEAD_IS_WRONG}) "
    "EXECUTE FUNCTION trail_refuses()",
    "trail_heads_stay": "BEFORE DELETE ON trail_heads FOR EACH ROW EXECUTE FUNCTION trail_refuses()",
    "trail_heads_are_kept": "BEFORE TRUNCATE ON trail_heads EXECUTE FUNCTION trail_refuses()",
}


def upgrade():
    op.create_table(
        "trail_heads",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("circle_id", sa.Integer(), nullable=True),
        sa.Column("circle_public_id", sa.String(length=32), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("erased_at IS NULL OR circle_id IS NULL", name=op.f("ck_trail_heads_erased_has_no_circle")),
        sa.ForeignKeyConstraint(["circle_id"], ["circles.id"], name=op.f("fk_trail_heads_circle_id_circles")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trail_heads")),
        sa.UniqueConstraint("circle_id", name=op.f("uq_trail_heads_circle_id")),
        sa.UniqueConstraint("circle_public_id", name=op.f("uq_trail_heads_circle_public_id")),
    )
    op.create_table(
        "trail_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("head_id", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=32), nullable=False),
        sa.Column("verb", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("object_id", sa.String(length=32), nullable=True),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["head_id"], ["trail_heads.id"], name=op.f("fk_trail_entries_head_id_trail_heads")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trail_entries")),
        sa.UniqueConstraint("head_id", "sequence", name=op.f("uq_trail_entries_head_id_sequence")),
    )
    op.create_index("ix_trail_entries_looks", "trail_entries", ["head_id", "verb", "actor", "kind", "at"])
    op.execute(
        "INSERT INTO trail_heads (circle_id, circle_public_id, sequence, hash) "
        f"SELECT id, public_id, 0, '{START}' FROM circles ORDER BY id"
    )
    if op.get_bind().dialect.name == "sqlite":
        for name, when in SQLITE.items():
            refusal = "SELECT RAISE(ABORT, 'the trail is append-only')"
            op.execute(f"CREATE TRIGGER {name} {when} BEGIN {refusal}; END")
        return
    for function in (REFUSE, REFUSE_IF_LIVE, REFUSE_IF_ERASED):
        op.execute(function)
    for name, when in POSTGRESQL.items():
        op.execute(f"CREATE TRIGGER {name} {when}")


def downgrade():
    op.drop_table("trail_entries")
    op.drop_table("trail_heads")
    if op.get_bind().dialect.name == "postgresql":
        for name in ("trail_refuses", "trail_refuses_if_live", "trail_refuses_if_erased"):
            op.execute(f"DROP FUNCTION {name}()")
