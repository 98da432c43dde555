"""How Socket.IO packets are read and written here: JSON by msgspec, and no binary ones.

A binary event would let a browser make the server keep attachments; this protocol has none, so such packets are refused.
"""

from __future__ import annotations

from typing import Any

import msgspec
from engineio import packet as engine
from socketio import packet

_BINARY = (packet.BINARY_EVENT, packet.BINARY_ACK)
#: The only event that a browser sends. Names such as `connect` would reach handlers that are not its own.
_EVENTS = frozenset({"do"})


class _Json:
    """The two functions of the json module that python-socketio uses."""

    @staticmethod
    def dumps(value: Any, **_: Any) -> str:
        return msgspec.json.encode(value).decode()

    @staticmethod
    def loads(text: str | bytes, **_: Any) -> Any:
        return msgspec.json.decode(text)


class TextPacket(packet.Packet):  # type: ignore[misc]
    """A Socket.IO packet without attachments."""

    uses_binary_events = False
    json = _Json

    def decode(self, encoded_packet: str | bytes) -> int:
        """Raises ValueError for binary frames, attachments, and events that no browser of ours sends."""
        if not isinstance(encoded_packet, str):
            raise ValueError("binary frame")
        count: int = super().decode(encoded_packet)
        if count or self.packet_type in _BINARY:
            raise ValueError("binary packet")
        if self.packet_type == packet.EVENT and not (
            isinstance(self.data, list) and self.data and isinstance(self.data[0], str) and self.data[0] in _EVENTS
        ):
            raise ValueError("no such event")
        return count


def event_packet(namespace: str, name: str, frame: bytes) -> engine.Packet:
    """An Engine.IO packet that carries event `name` with one JSON object, encoded already."""
    return engine.Packet(engine.MESSAGE, f'2{namespace},["{name}",{frame.decode()}]')
