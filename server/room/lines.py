"""Lines of a lesson on their way into the record: 10 s samples per peer, gathered until they are worth an event. PURE.

Input: what the relay measured (`PeerStats`) and what browsers claim, as they come. Output: `LineMeasured`, `LineClaimed`, `DeviceLineMeasured`, each of
up to `GATHER_US`. Why five minutes: docs/decisions/0008.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from media.notices import PeerStats
from server.events import device, room
from server.events.base import Event, Origin
from server.ids import DeviceId, ParticipantId, PersonId
from server.room.participant import QualityClaim

#: Samples are gathered this long into one event.
GATHER_US = 300_000_000
#: A sample stands for 10 s; a browser that reports more often than every 5 s is heard every 5 s.
LEAST_APART_US = 5_000_000
#: An event holds no more samples than this, whatever the clocks do.
MOST_SAMPLES = 60
#: Pictures named one by one; the others are counted.
_NAMED = 2


@dataclass(slots=True)
class _Gathered:
    """One peer's samples since the last event."""

    is_device: bool
    measured: list[tuple[int, PeerStats]] = field(default_factory=list)
    claimed: list[QualityClaim] = field(default_factory=list)

    @property
    def first_us(self) -> int:
        return min([at_us for at_us, _ in self.measured[:1]] + [claim.at_us for claim in self.claimed[:1]])

    def is_full(self) -> bool:
        return max(len(self.measured), len(self.claimed)) >= MOST_SAMPLES


class Lines:
    """All lines of one lesson. `measured` and `claimed` note, `take*` hand over and forget."""

    def __init__(self) -> None:
        self._gathered: dict[ParticipantId, _Gathered] = {}

    def measured(self, who: ParticipantId, at_us: int, stats: PeerStats, *, is_device: bool = False) -> None:
        mine = self._gathered.setdefault(who, _Gathered(is_device)).measured
        if len(mine) < MOST_SAMPLES:
            mine.append((at_us, stats))

    def claimed(self, who: PersonId, claim: QualityClaim) -> None:
        mine = self._gathered.setdefault(who, _Gathered(is_device=False)).claimed
        if len(mine) < MOST_SAMPLES and (not mine or claim.at_us - mine[-1].at_us >= LEAST_APART_US):
            mine.append(claim)

    def take_due(self, now_us: int, is_here: Callable[[ParticipantId], bool]) -> list[tuple[Event, Origin]]:
        """Of those who have gathered long enough, or have gone."""
        due = [
            who
            for who, each in self._gathered.items()
            if each.is_full() or now_us - each.first_us >= GATHER_US or not is_here(who)
        ]
        return [event for who in due for event in self._take(who)]

    def take_all(self) -> list[tuple[Event, Origin]]:
        return [event for who in tuple(self._gathered) for event in self._take(who)]

    def _take(self, who: ParticipantId) -> list[tuple[Event, Origin]]:
        taken = self._gathered.pop(who)
        found: list[tuple[Event, Origin]] = []
        if taken.measured:
            found.append((_measured(who, taken), Origin.MEDIA))
        if taken.claimed:
            found.append((_claimed(PersonId(who), taken.claimed), Origin.CLIENT_CLAIM))
        return found


def _measured(who: ParticipantId, taken: _Gathered) -> Event:
    from_us = taken.measured[0][0]
    samples = [stats for _, stats in taken.measured]
    columns: dict[str, Any] = {
        "from_us": from_us,
        "at_ms": _after(from_us, [at_us for at_us, _ in taken.measured]),
        "packets_up": [each.packets_in for each in samples],
        "packets_down": [each.packets_out for each in samples],
        "loss_up_ppm": [each.loss_in_ppm for each in samples],
        "loss_down_ppm": [each.loss_out_ppm for each in samples],
        "rtt_ms": [each.rtt_ms for each in samples],
        "watched": [_pictures([(role, layer) for _, role, layer in each.shown]) for each in samples],
        "sent": [_pictures(each.sends) for each in samples],
    }
    if taken.is_device:
        return device.DeviceLineMeasured(device=DeviceId(who), **columns)
    return room.LineMeasured(person=PersonId(who), **columns)


def _claimed(who: PersonId, claims: Sequence[QualityClaim]) -> Event:
    from_us = claims[0].at_us
    return room.LineClaimed(
        person=who,
        from_us=from_us,
        at_ms=_after(from_us, [each.at_us for each in claims]),
        concealed_ppm=[each.concealed_ppm for each in claims],
        audio_ms=[each.audio_ms for each in claims],
        freezes=[each.freezes for each in claims],
        frozen_ms=[each.frozen_ms for each in claims],
    )


def _after(from_us: int, moments: Sequence[int]) -> list[int]:
    """Milliseconds since `from_us`; a clock that was set back stands still."""
    return [max(at_us - from_us, 0) // 1_000 for at_us in moments]


def _pictures(pictures: Sequence[tuple[str, str]]) -> str:
    """`camera:h camera:q +7`. A picture without layers has no name for its only one: `camera`."""
    named = [f"{role}:{layer}" if layer else role for role, layer in pictures[:_NAMED]]
    more = len(pictures) - _NAMED
    return " ".join([*named, f"+{more}"] if more > 0 else named)
