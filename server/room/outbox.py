"""The pushes of one seat, numbered without holes, the last ones kept for a browser that comes back."""

from __future__ import annotations

from collections import deque

import msgspec

from server.room.pushes import Push

#: Pushes kept per seat. 90 s of a lively class of 50 is about 300; beyond this the browser gets a fresh `Joined`.
KEPT = 600


def encoded(push: Push) -> bytes:
    """A push as JSON, still without its number; encode once for many seats."""
    return msgspec.json.encode(push)


def numbered(body: bytes, seq: int) -> bytes:
    """The same object with `seq` in it."""
    return b'{"seq":%d,%s' % (seq, body[1:])


class Outbox:
    """Numbers from 1. What was put is kept until `KEPT` newer ones came."""

    def __init__(self, kept: int = KEPT) -> None:
        self.seq = 0
        self._frames: deque[bytes] = deque(maxlen=kept)

    def put(self, body: bytes) -> bytes:
        """The frame to send."""
        self.seq += 1
        frame = numbered(body, self.seq)
        self._frames.append(frame)
        return frame

    def since(self, seq: int) -> list[bytes] | None:
        """The frames after number `seq`, or None when some of them are gone (or the number was never given)."""
        if not self.seq - len(self._frames) <= seq <= self.seq:
            return None
        missing = self.seq - seq
        return list(self._frames)[len(self._frames) - missing :] if missing else []
