"""Tables of the ledger. Events and seals only ever grow; triggers of migration 0002 refuse anything else, whoever asks."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Integer, String, Table, Text

from server.storage.metadata import metadata

#: One row per chain: who owns it (epoch) and where it stands.
ledger_log = Table(
    "ledger_log",
    metadata,
    Column("log_id", String(64), primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("head_seq", Integer, nullable=False),
    Column("head_hash", String(64), nullable=False),
    Column("sealed_seq", Integer, nullable=False),
    Column("opened_us", BigInteger, nullable=False),
)

#: `body` is the canonical JSON of the event exactly as digested: text, not JSON, so that no database rewrites it.
ledger_event = Table(
    "ledger_event",
    metadata,
    Column("log_id", String(64), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at_us", BigInteger, nullable=False),
    Column("mono_ns", BigInteger, nullable=False),
    Column("boot_id", String(36), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("origin", String(16), nullable=False),
    Column("actor", String(64), nullable=True),
    Column("connection", String(64), nullable=True),
    Column("body", Text, nullable=False),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

ledger_seal = Table(
    "ledger_seal",
    metadata,
    Column("log_id", String(64), primary_key=True),
    Column("last_seq", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), primary_key=True),
    Column("head_hash", String(64), nullable=False),
    Column("merkle_root", String(64), nullable=False),
    Column("sealed_us", BigInteger, nullable=False),
    Column("key_id", String(32), nullable=False),
    Column("signature", String(128), nullable=False),
)

#: The last sign of life of the process that holds a lesson. Overwritten all the time; not part of the record.
ledger_alive = Table(
    "ledger_alive",
    metadata,
    Column("log_id", String(64), primary_key=True),
    Column("node", String(64), nullable=False),
    Column("boot_id", String(36), nullable=False),
    Column("last_alive_us", BigInteger, nullable=False),
    Column("open", Boolean, nullable=False),
)
