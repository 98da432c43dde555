"""The recorder's door of one router: which publications are tapped, and how the engine's events reach the sinks.

Times handed over are Unix microseconds. Packets and sender reports are of one layer at a time, the best one: when it changes, the
packets' SSRC changes and the new layer's last sender report goes ahead of its packets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

import structlog

from media.clock import MediaClock
from media.engine import SenderReport, TapGap, TappedPacket
from media.face import TapSinks
from media.peer import Publication

log = structlog.get_logger("media.taps")

TAPPED_ROLES = frozenset({"microphone", "camera", "screen", "screen_audio"})
#: Seconds from 1900 (NTP, RFC 5905) to 1970.
_NTP_TO_UNIX_S = 2_208_988_800


class Taps:
    """Taps of one router; `sinks` None: nothing is tapped."""

    def __init__(self, clock: MediaClock) -> None:
        self._clock = clock
        self._sinks: TapSinks | None = None
        self._tapped: dict[int, Publication] = {}
        self._begun: set[int] = set()
        self._rid: dict[int, str] = {}
        self._reports: dict[tuple[int, str], tuple[int, int]] = {}

    @property
    def on(self) -> bool:
        return self._sinks is not None

    def switch(self, sinks: TapSinks | None, publications: Iterable[Publication]) -> None:
        """Tap everything there is for new sinks, or stop."""
        for handle in list(self._tapped):
            self.remove(handle)
        self._sinks = sinks
        for publication in publications:
            self.add(publication)

    def add(self, publication: Publication) -> None:
        if self._sinks is not None and publication.role in TAPPED_ROLES:
            self._tapped[publication.handle] = publication
            publication.host.core.tap(publication.handle, True)

    def remove(self, handle: int) -> None:
        """The publication ended, or the tap does."""
        publication = self._tapped.pop(handle, None)
        if publication is None:
            return
        publication.host.core.tap(handle, False)
        self._rid.pop(handle, None)
        self._reports = {key: value for key, value in self._reports.items() if key[0] != handle}
        if handle in self._begun:
            self._begun.discard(handle)
            self._hand(lambda sinks: sinks.ended(handle))

    def request_keyframes(self) -> None:
        for publication in self._tapped.values():
            if publication.kind == "video" and publication.flowing:
                publication.host.core.request_keyframe(publication.handle)

    def packets(self, packets: Sequence[TappedPacket]) -> None:
        """In order of arrival; handed on in runs of one publication and layer."""
        for (handle, rid), run in groupby(packets, key=lambda p: (p.src, p.rid)):
            publication = self._tapped.get(handle)
            if publication is None:
                continue
            self._begin(publication)
            self._follow(handle, rid)
            batch = [(self._clock.unix_us(p.at_us), p.data) for p in run]
            self._hand(lambda sinks, h=handle, b=batch: sinks.packets(h, b))  # type: ignore[misc]

    def sender_report(self, report: SenderReport) -> None:
        if report.src not in self._tapped:
            return
        pair = (unix_us_of_ntp(report.ntp), report.rtp)
        self._reports[report.src, report.rid] = pair
        if self._rid.get(report.src) == report.rid:
            self._hand(lambda sinks: sinks.sender_report(report.src, *pair))

    def gap(self, gap: TapGap) -> None:
        if gap.src in self._tapped:
            from_us, to_us = self._clock.unix_us(gap.from_us), self._clock.unix_us(gap.to_us)
            self._hand(lambda sinks: sinks.overflow(gap.src, from_us, to_us))

    def _begin(self, publication: Publication) -> None:
        if publication.handle not in self._begun:
            self._begun.add(publication.handle)
            self._hand(lambda sinks: sinks.started(publication.info()))

    def _follow(self, handle: int, rid: str) -> None:
        if self._rid.get(handle) == rid:
            return
        self._rid[handle] = rid
        if (pair := self._reports.get((handle, rid))) is not None:
            self._hand(lambda sinks: sinks.sender_report(handle, *pair))

    def _hand(self, deed: Callable[[TapSinks], None]) -> None:
        """A sink that fails does not stop the others, nor the relay."""
        if self._sinks is None:
            return
        try:
            deed(self._sinks)
        except Exception:
            log.exception("tap sink failed")


def unix_us_of_ntp(ntp: int) -> int:
    """NTP 32.32 seconds since 1900 → Unix microseconds."""
    return ((ntp >> 32) - _NTP_TO_UNIX_S) * 1_000_000 + (((ntp & 0xFFFFFFFF) * 1_000_000) >> 32)
