"""The visibility matrix on its way into the engine: whose pictures and sounds each peer may be sent.

Peers are numbered by the room, the engine knows handles, and a rejoin brings a new handle: so rows are told again whenever who is there
changes. Not here: what the rows are (the room decides) and slots (`media.routing` gives none to what may not be seen).
"""

from __future__ import annotations

from collections.abc import Mapping

from media.peer import Peer


def may_reach(peer: Peer, kind: str, other: int) -> bool:
    """Whether the peer may be sent what `other` publishes of this kind (audio or video)."""
    row = _row(peer, kind)
    return other != peer.id and (row is None or other in row)


def tell(peers: Mapping[int, Peer]) -> None:
    """Bring the engines' rows in line with the admissions of these peers, all those of one router."""
    for peer in peers.values():
        for kind in ("video", "audio"):
            row = _row(peer, kind)
            handles = None if row is None else frozenset(peers[other].handle for other in row if other in peers)
            if handles != peer.told_permits.get(kind):
                peer.told_permits[kind] = handles
                peer.host.core.set_sees(peer.handle, kind, None if handles is None else sorted(handles))


def _row(peer: Peer, kind: str) -> frozenset[int] | None:
    return peer.admission.sees if kind == "video" else peer.admission.hears
