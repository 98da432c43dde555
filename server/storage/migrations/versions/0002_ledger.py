"""The ledger: chains, events, seals, signs of life, and the triggers that keep the record append-only and fenced"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002_ledger"
down_revision = "0001_school"
branch_labels = None
depends_on = None

#: An event continues its chain under the chain's present epoch, or is refused.
_SQLITE = (
    """
    CREATE TRIGGER ledger_event_continues BEFORE INSERT ON ledger_event BEGIN
        SELECT RAISE(ABORT, 'ledger: event of another epoch')
            WHERE NEW.epoch IS NOT (SELECT epoch FROM ledger_log WHERE log_id = NEW.log_id);
        SELECT RAISE(ABORT, 'ledger: event does not continue its chain')
            WHERE NEW.seq < 1 OR (NEW.seq > 1 AND NEW.prev_hash IS NOT
                (SELECT hash FROM ledger_event WHERE log_id = NEW.log_id AND seq = NEW.seq - 1));
    END
    """,
    """
    CREATE TRIGGER ledger_log_goes_forward BEFORE UPDATE ON ledger_log BEGIN
        SELECT RAISE(ABORT, 'ledger: a chain never goes back')
            WHERE NEW.epoch < OLD.epoch OR NEW.head_seq < OLD.head_seq OR NEW.sealed_seq < OLD.sealed_seq
                OR NEW.log_id <> OLD.log_id;
    END
    """,
    *(
        f"""
        CREATE TRIGGER {table}_no_{deed.lower()} BEFORE {deed} ON {table} BEGIN
            SELECT RAISE(ABORT, 'ledger: append only');
        END
        """
        for table, deed in (
            ("ledger_event", "UPDATE"),
            ("ledger_event", "DELETE"),
            ("ledger_seal", "UPDATE"),
            ("ledger_seal", "DELETE"),
            ("ledger_log", "DELETE"),
        )
    ),
)

_POSTGRES = (
    """
    CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'ledger: append only';
    END $$
    """,
    """
    CREATE FUNCTION ledger_event_continues() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.epoch IS DISTINCT FROM (SELECT epoch FROM ledger_log WHERE log_id = NEW.log_id) THEN
            RAISE EXCEPTION 'ledger: event of another epoch';
        END IF;
        IF NEW.seq < 1 OR (NEW.seq > 1 AND NEW.prev_hash IS DISTINCT FROM
                (SELECT hash FROM ledger_event WHERE log_id = NEW.log_id AND seq = NEW.seq - 1)) THEN
            RAISE EXCEPTION 'ledger: event does not continue its chain';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE FUNCTION ledger_log_goes_forward() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.epoch < OLD.epoch OR NEW.head_seq < OLD.head_seq OR NEW.sealed_seq < OLD.sealed_seq
                OR NEW.log_id <> OLD.log_id THEN
            RAISE EXCEPTION 'ledger: a chain never goes back';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER ledger_event_continues BEFORE INSERT ON ledger_event
        FOR EACH ROW EXECUTE FUNCTION ledger_event_continues()
    """,
    """
    CREATE TRIGGER ledger_log_goes_forward BEFORE UPDATE ON ledger_log
        FOR EACH ROW EXECUTE FUNCTION ledger_log_goes_forward()
    """,
    *(
        f"CREATE TRIGGER {table}_append_only BEFORE {deeds} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"
        for table, deeds in (
            ("ledger_event", "UPDATE OR DELETE OR TRUNCATE"),
            ("ledger_seal", "UPDATE OR DELETE OR TRUNCATE"),
            ("ledger_log", "DELETE OR TRUNCATE"),
        )
    ),
)


def upgrade() -> None:
    op.create_table(
        "ledger_log",
        sa.Column("log_id", sa.String(64), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("head_seq", sa.Integer(), nullable=False),
        sa.Column("head_hash", sa.String(64), nullable=False),
        sa.Column("sealed_seq", sa.Integer(), nullable=False),
        sa.Column("opened_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("log_id", name=op.f("pk_ledger_log")),
    )
    op.create_table(
        "ledger_event",
        sa.Column("log_id", sa.String(64), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("mono_ns", sa.BigInteger(), nullable=False),
        sa.Column("boot_id", sa.String(36), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(16), nullable=False),
        sa.Column("actor", sa.String(64), nullable=True),
        sa.Column("connection", sa.String(64), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("log_id", "seq", name=op.f("pk_ledger_event")),
    )
    op.create_table(
        "ledger_seal",
        sa.Column("log_id", sa.String(64), nullable=False),
        sa.Column("last_seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("head_hash", sa.String(64), nullable=False),
        sa.Column("merkle_root", sa.String(64), nullable=False),
        sa.Column("sealed_us", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.String(32), nullable=False),
        sa.Column("signature", sa.String(128), nullable=False),
        sa.PrimaryKeyConstraint("log_id", "last_seq", "kind", name=op.f("pk_ledger_seal")),
    )
    op.create_table(
        "ledger_alive",
        sa.Column("log_id", sa.String(64), nullable=False),
        sa.Column("node", sa.String(64), nullable=False),
        sa.Column("boot_id", sa.String(36), nullable=False),
        sa.Column("last_alive_us", sa.BigInteger(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("log_id", name=op.f("pk_ledger_alive")),
    )
    dialect = op.get_bind().dialect.name
    for statement in _POSTGRES if dialect == "postgresql" else _SQLITE:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a record is not taken back")
