"""Every table, loaded into the one MetaData: what migrations and schema tests compare against."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from server.storage.metadata import metadata

for _module in ("school_tables", "account_tables", "ledger_tables", "sheet_tables", "device_tables"):
    if find_spec(f"server.storage.{_module}"):
        import_module(f"server.storage.{_module}")

__all__ = ["metadata"]
