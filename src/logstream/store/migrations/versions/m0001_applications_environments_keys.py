"""The first schema: applications, environments, keys, and which key is granted what."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the four tables."""
    op.create_table(
        "applications",
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("uuid", sa.String(), nullable=False, unique=True),
        sa.Column("name", sa.String(), nullable=False, unique=True),
        sa.Column("site", sa.String(), nullable=False, unique=True),
        sa.Column("created_at_s", sa.BigInteger(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "environments",
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column(
            "application_number",
            sa.Integer(),
            sa.ForeignKey("applications.number", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("created_at_s", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("application_number", "name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "keys",
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("id", sa.String(), nullable=False, unique=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("server", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("created_at_s", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at_s", sa.BigInteger(), nullable=True),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "grants",
        sa.Column(
            "key_number",
            sa.Integer(),
            sa.ForeignKey("keys.number", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column(
            "environment_number",
            sa.Integer(),
            sa.ForeignKey("environments.number", ondelete="CASCADE"),
            primary_key=True,
        ),
    )
    op.create_index("ix_grants_environment_number", "grants", ["environment_number"])


def downgrade() -> None:
    """Drop the four tables with all that is in them."""
    for table in ("grants", "keys", "environments", "applications"):
        op.drop_table(table)
