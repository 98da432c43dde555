"""Secrets made once and kept in `{data}/keys`, readable by the server's user alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def secret_text(path: Path, length_bytes: int = 48) -> str:
    """The secret in `path`, made (mode 0600) when it does not exist. Two processes that start at once get the same one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    if not path.exists():
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(handle, secrets.token_urlsafe(length_bytes).encode())
            os.fsync(handle)
        finally:
            os.close(handle)
        try:
            # link, not rename: the first of two starters wins and the other reads its secret.
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text(encoding="ascii").strip()
