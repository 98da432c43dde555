"""A router whose packets come from a test: what the relay would hand to the recording, and what it is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from media.face import Admission, Publish, TapInfo, TapSinks, Wanted


class PaperRouter:
    """`publish` and `end` as publishers would; `send` hands over packets if somebody taps."""

    def __init__(self) -> None:
        self.sinks: TapSinks | None = None
        self.keyframes: list[int] = []
        self._known: dict[int, TapInfo] = {}

    def publish(self, info: TapInfo) -> None:
        self._known[info.publication] = info
        if self.sinks:
            self.sinks.started(info)

    def end(self, publication: int) -> None:
        del self._known[publication]
        if self.sinks:
            self.sinks.ended(publication)

    def send(self, publication: int, packets: Sequence[tuple[int, bytes]]) -> None:
        if self.sinks:
            self.sinks.packets(publication, packets)

    # --- media.face.Router ---

    def tap(self, sinks: TapSinks | None) -> None:
        self.sinks = sinks
        for info in self._known.values() if sinks else ():
            if sinks:
                sinks.started(info)

    def request_keyframe(self, publication: int) -> None:
        self.keyframes.append(publication)

    def publications(self) -> Sequence[TapInfo]:
        return list(self._known.values())

    def add_peer(self, peer: int, offer: str, publish: Sequence[Publish], admission: Admission) -> str:
        raise AssertionError("no peers here")

    def renegotiate(self, peer: int, n: int, offer: str, publish: Sequence[Publish]) -> str:
        raise AssertionError("no peers here")

    def restart_ice(self, peer: int, gen: int, offer: str) -> str:
        raise AssertionError("no peers here")

    def admit(self, peer: int, admission: Admission) -> None: ...

    def remove_peer(self, peer: int) -> None: ...

    def set_view(
        self, peer: int, tiles: Sequence[Wanted], pinned: int | None, listen_only: bool, profile: str = "full"
    ) -> None: ...

    def last_alive_us(self, peer: int) -> int | None:
        return None

    def close(self) -> None: ...
