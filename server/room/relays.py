"""The school's TURN servers as a browser takes them. Not here: how a credential is computed (identity/turn.py)."""

from __future__ import annotations

from server.identity.turn import TurnServers
from server.room.pushes import IceServer


def ice_servers(turn: TurnServers, name: str, now_us: int) -> list[IceServer]:
    """All servers with one fresh credential for `name`; none when the school has none."""
    if not turn.urls:
        return []
    username, credential = turn.credential(name, now_us // 1_000_000)
    return [IceServer(urls=list(turn.urls), username=username, credential=credential)]
