"""Keys of devices (encoders and screens), by their SHA-256: a key itself is shown once and stands nowhere."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, ForeignKey, String, Table

from server.storage.metadata import metadata
from server.storage.school_tables import ID

device_key = Table(
    "device_key",
    metadata,
    Column("id", ID, primary_key=True),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("lesson_id", ID, ForeignKey("lesson.id"), nullable=False, index=True),
    Column("account_id", ID, ForeignKey("account.id"), nullable=False),
    Column("person_id", ID, ForeignKey("person.id"), nullable=False),
    Column("purpose", String(8), nullable=False),
    Column("sound", Boolean, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("expires_us", BigInteger, nullable=False),
    Column("revoked_us", BigInteger, nullable=True),
    CheckConstraint("purpose IN ('camera', 'screen')", name="purpose"),
)
