"""Keys of devices: a lecturer's second camera, a screen in the next hall"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004_devices"
down_revision = "0003_sheets"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "device_key",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("sha256", sa.String(64), nullable=False, unique=True),
        sa.Column("lesson_id", sa.String(36), sa.ForeignKey("lesson.id"), nullable=False, index=True),
        sa.Column("account_id", sa.String(36), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("person_id", sa.String(36), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("purpose", sa.String(8), nullable=False),
        sa.Column("sound", sa.Boolean, nullable=False),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sa.Column("expires_us", sa.BigInteger, nullable=False),
        sa.Column("revoked_us", sa.BigInteger, nullable=True),
        sa.CheckConstraint("purpose IN ('camera', 'screen')", name="purpose"),
    )


def downgrade() -> None:
    op.drop_table("device_key")
