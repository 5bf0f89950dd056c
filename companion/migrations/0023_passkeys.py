"""Passkeys, what they were asked to sign, recovery codes; the lock and limited sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

LONG_AGO = "1970-01-01 00:00:00+00:00"
ADDED = {
    "account_sessions": ("limited", "used_at"),
    "sign_in_requests": ("purpose",),
    "accounts": ("passkey_offer_closed_at", "lock_minutes"),
}
"""Added and dropped in place: SQLite cannot make a table anew that rows of other tables point to."""


def upgrade():
    op.create_table(
        "passkeys",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("credential_id", sa.Text(), nullable=False),
        sa.Column("credential_hash", sa.String(length=64), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("transports", sa.Text(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_passkeys_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkeys")),
        sa.UniqueConstraint("credential_hash", name=op.f("uq_passkeys_credential_hash")),
        sa.UniqueConstraint("public_id", name=op.f("uq_passkeys_public_id")),
    )
    op.create_index(op.f("ix_passkeys_account_id"), "passkeys", ["account_id"])
    op.create_table(
        "passkey_challenges",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("challenge", sa.String(length=128), nullable=False),
        sa.Column("purpose", sa.String(length=8), nullable=False),
        sa.Column("bound_to", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_passkey_challenges_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey_challenges")),
        sa.UniqueConstraint("challenge", name=op.f("uq_passkey_challenges_challenge")),
    )
    op.create_index(op.f("ix_passkey_challenges_account_id"), "passkey_challenges", ["account_id"])
    op.create_index(op.f("ix_passkey_challenges_expires_at"), "passkey_challenges", ["expires_at"])
    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_recovery_codes_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_recovery_codes_code_hash")),
    )
    op.create_index(op.f("ix_recovery_codes_account_id"), "recovery_codes", ["account_id"])
    op.add_column("accounts", sa.Column("lock_minutes", sa.Integer(), server_default="15", nullable=False))
    op.add_column("accounts", sa.Column("passkey_offer_closed_at", sa.DateTime(timezone=True), nullable=True))
    purpose = sa.Column("purpose", sa.String(length=8), server_default="sign_in", nullable=False)
    op.add_column("sign_in_requests", purpose)
    used_at = sa.Column("used_at", sa.DateTime(timezone=True), server_default=LONG_AGO, nullable=False)
    op.add_column("account_sessions", used_at)
    op.add_column(
        "account_sessions", sa.Column("limited", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.execute("update account_sessions set used_at = last_seen_at")


def downgrade():
    for table, columns in ADDED.items():
        for column in columns:
            op.drop_column(table, column)
    op.drop_table("recovery_codes")
    op.drop_table("passkey_challenges")
    op.drop_table("passkeys")
