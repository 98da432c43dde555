"""The tracking sheets and their confirmed versions"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003_sheets"
down_revision = "0002_ledger"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sheet",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("lesson_id", sa.String(36), sa.ForeignKey("lesson.id"), nullable=False, unique=True),
        sa.Column("school_id", sa.String(36), sa.ForeignKey("school.id"), nullable=False),
        sa.Column("cohort_code", sa.String(32), nullable=False),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("serial", sa.Integer, nullable=False),
        sa.Column("number", sa.String(64), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sa.Column("confirmed_us", sa.BigInteger, nullable=True),
        sa.Column("sent_us", sa.BigInteger, nullable=True),
        sa.UniqueConstraint("school_id", "cohort_code", "year", "serial"),
        sa.CheckConstraint("state IN ('draft', 'lecturer_confirmed', 'sent')", name="state"),
    )
    op.create_table(
        "sheet_version",
        sa.Column("sheet_id", sa.String(36), sa.ForeignKey("sheet.id"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("print", sa.Text, nullable=False),
        sa.Column("content_sha256", sa.String(64), nullable=False),
        sa.Column("pdf_sha256", sa.String(64), nullable=False),
        sa.Column("code", sa.String(32), nullable=False, unique=True),
        sa.Column("confirmed_us", sa.BigInteger, nullable=False),
        sa.Column("confirmed_by", sa.String(36), nullable=False),
        sa.Column("signature_level", sa.String(2), nullable=False),
        sa.Column("events", sa.Integer, nullable=False),
        sa.Column("head_hash", sa.String(64), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("sheet_version")
    op.drop_table("sheet")
