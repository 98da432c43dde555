"""Tables of sign-in: accounts, what they may do where, and the sessions they hold. No password and no token stands here in clear."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, String, Table, UniqueConstraint

from server.storage.metadata import metadata
from server.storage.school_tables import ID

account = Table(
    "account",
    metadata,
    Column("id", ID, primary_key=True),
    Column("school_id", ID, ForeignKey("school.id"), nullable=False),
    Column("person_id", ID, ForeignKey("person.id"), nullable=False, unique=True),
    Column("login", String(256), nullable=False, unique=True),
    Column("password_hash", String(256), nullable=False),
    Column("status", String(16), nullable=False),
    Column("created_us", BigInteger, nullable=False),
    CheckConstraint("status IN ('active', 'locked', 'expired')", name="status"),
)

role_grant = Table(
    "role_grant",
    metadata,
    Column("id", ID, primary_key=True),
    Column("account_id", ID, ForeignKey("account.id"), nullable=False),
    Column("role", String(24), nullable=False),
    Column("scope_kind", String(16), nullable=False),
    Column("scope_id", ID, nullable=False),
    Column("granted_us", BigInteger, nullable=False),
    Column("ended_us", BigInteger, nullable=True),
    CheckConstraint("scope_kind IN ('school', 'cohort', 'lesson')", name="scope_kind"),
    UniqueConstraint("account_id", "role", "scope_kind", "scope_id", "granted_us"),
)

#: One sign-in on one browser, from sign-in to sign-out: the family of its refresh tokens.
session = Table(
    "session",
    metadata,
    Column("id", ID, primary_key=True),
    Column("account_id", ID, ForeignKey("account.id"), nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("expires_us", BigInteger, nullable=False),
    Column("revoked_us", BigInteger, nullable=True),
    Column("revoked_reason", String(24), nullable=True),
    Index("ix_session_account_id", "account_id"),
)

#: Each refresh token of a session, by its SHA-256. A used one that comes again means that two browsers hold it.
refresh_token = Table(
    "refresh_token",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("session_id", ID, ForeignKey("session.id"), nullable=False, index=True),
    Column("issued_us", BigInteger, nullable=False),
    Column("used_us", BigInteger, nullable=True),
    Column("replaced_by", String(64), nullable=True),
)
