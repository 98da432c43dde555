"""The one MetaData of the database. Tables stand beside their subject: school_, account_, ledger_, sheet_ and device_tables.py.

Ids are texts (UUIDv7), times are Unix microseconds in BIGINT (`_us`), dates are ISO texts in school time, structured values are JSON.
"""

from __future__ import annotations

from sqlalchemy import MetaData

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
