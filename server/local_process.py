"""What this machine's processes say of themselves in /proc: who listens on a port, how much CPU they have used. Linux only; empty elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

_LISTENS = "0A"


def listeners(port: int, proc: Path = Path("/proc")) -> list[int]:
    """Process ids that hold a listening TCP socket of this port, as far as we may look."""
    sockets = {f"socket:[{inode}]" for name in ("tcp", "tcp6") for inode in _inodes(proc / "net" / name, port)}
    if not sockets:
        return []
    return sorted(int(entry.name) for entry in proc.iterdir() if entry.name.isdigit() and _holds(entry / "fd", sockets))


def cpu_ns(pids: Sequence[int], proc: Path = Path("/proc")) -> int:
    """CPU time of all threads of these processes so far, user and system."""
    total = 0
    for pid in pids:
        for stat in (proc / str(pid) / "task").glob("*/schedstat"):
            try:
                total += int(stat.read_text().split()[0])
            except (OSError, IndexError):
                continue
    return total


def _inodes(table: Path, port: int) -> list[str]:
    try:
        rows = [line.split() for line in table.read_text().splitlines()[1:]]
    except OSError:
        return []
    return [
        row[9] for row in rows if len(row) > 9 and row[3] == _LISTENS and int(row[1].rpartition(":")[2], 16) == port
    ]


def _holds(folder: Path, sockets: set[str]) -> bool:
    try:
        return any(str(link.readlink()) in sockets for link in folder.iterdir())
    except OSError:
        return False
