"""Tables of the tracking sheets: numbers and states for lists, and every confirmed version with what it is bound to."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Integer, String, Table, Text, UniqueConstraint

from server.storage.metadata import metadata

ID = String(36)

sheet = Table(
    "sheet",
    metadata,
    Column("id", ID, primary_key=True),
    Column("lesson_id", ID, ForeignKey("lesson.id"), nullable=False, unique=True),
    Column("school_id", ID, ForeignKey("school.id"), nullable=False),
    Column("cohort_code", String(32), nullable=False),
    Column("year", Integer, nullable=False),
    Column("serial", Integer, nullable=False),
    Column("number", String(64), nullable=False),
    Column("state", String(24), nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("confirmed_us", BigInteger, nullable=True),
    Column("sent_us", BigInteger, nullable=True),
    UniqueConstraint("school_id", "cohort_code", "year", "serial"),
    CheckConstraint("state IN ('draft', 'lecturer_confirmed', 'sent')", name="state"),
)

#: A row stands for ever once its `SheetConfirmed` is in the log: a confirmed version stays readable and printable for ever.
sheet_version = Table(
    "sheet_version",
    metadata,
    Column("sheet_id", ID, ForeignKey("sheet.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("content", Text, nullable=False),
    Column("print", Text, nullable=False),
    Column("content_sha256", String(64), nullable=False),
    Column("pdf_sha256", String(64), nullable=False),
    Column("code", String(32), nullable=False, unique=True),
    Column("confirmed_us", BigInteger, nullable=False),
    Column("confirmed_by", ID, nullable=False),
    Column("signature_level", String(2), nullable=False),
    Column("events", Integer, nullable=False),
    Column("head_hash", String(64), nullable=False),
)
