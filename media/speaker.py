"""Who speaks now, from audio levels. Pure: levels and times in, changes out. Not here: which audio is forwarded (`media.slots`).

Levels are those of RFC 6464: 0 is loud, 127 silence; `loudness` here is 127 - level, about decibels above silence.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

#: Speech is louder than -50 dBov; room noise of a headset is at -65 and below.
SPEECH_LOUDNESS = 77.0
#: Speaking begins after this much loudness; a quiet stretch counts back at half speed, since words have gaps.
ATTACK_US = 300_000
#: Speaking ends after this much quiet.
HOLD_US = 2_000_000
#: The loudest speaker is replaced by one who is 10 dB louder for 600 ms.
TAKEOVER_DB = 10.0
TAKEOVER_US = 600_000
#: Shorter stretches of speech are not told.
SPOKE_MIN_US = 5_000_000
#: Longer ones are told in parts.
SPOKE_PART_US = 60_000_000
#: Windows of the score: a syllable, a sentence, a turn.
WINDOWS_US = (100_000, 1_000_000, 5_000_000)
WEIGHTS = (0.2, 0.5, 0.3)
#: Time between two steps that is believed; more is a pause of ours.
MAX_STEP_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Stretch:
    """Somebody spoke from `from_us` to `to_us` (the board's times)."""

    peer: int
    from_us: int
    to_us: int


@dataclass(frozen=True, slots=True)
class Heard:
    """What one step of the board brought. `speakers` is None when it did not change; loudest first otherwise."""

    speakers: tuple[int, ...] | None
    stretches: tuple[Stretch, ...]


@dataclass(slots=True)
class _Voice:
    loudness: float = 0.0
    means: list[float] = field(default_factory=lambda: [0.0] * len(WINDOWS_US))
    charge_us: int = 0
    loud_from_us: int = 0
    loud_at_us: int = 0
    told_from_us: int | None = None
    told_a_part: bool = False
    speaking: bool = False
    #: Speech that is over, and where the present one began.
    spoken_us: int = 0
    speech_from_us: int = 0

    @property
    def score(self) -> float:
        return sum(w * m for w, m in zip(WEIGHTS, self.means, strict=True))


class SpeakerBoard:
    """Levels of all microphones of one room.

    Input: levels of the last 100 ms, only those that changed. Step: three moving means per voice; a charge that fills while it is
    loud says that speaking began, 2 s of quiet that it ended; the first place changes hands only for a clearly louder voice.
    Output: the speakers when they changed, and stretches of speech that are over.
    """

    def __init__(self) -> None:
        self._voices: dict[int, _Voice] = {}
        self._now_us: int | None = None
        self._order: tuple[int, ...] = ()
        self._rival: tuple[int, int] | None = None

    @property
    def speakers(self) -> tuple[int, ...]:
        return self._order

    def score(self, peer: int) -> float:
        """For ranking: higher is louder of late."""
        voice = self._voices.get(peer)
        return voice.score if voice else 0.0

    def spoken_us(self, peer: int) -> int:
        """Talk time so far: from where each speech began to its last loud moment, pauses of less than `HOLD_US` included."""
        voice = self._voices.get(peer)
        if voice is None:
            return 0
        return voice.spoken_us + (voice.loud_at_us - voice.speech_from_us if voice.speaking else 0)

    def step(self, now_us: int, levels: Mapping[int, int]) -> Heard:
        """Take new levels (0 … 127 by peer) and let time pass up to `now_us`."""
        elapsed_us = 0 if self._now_us is None else min(max(now_us - self._now_us, 0), MAX_STEP_US)
        self._now_us = now_us
        for peer, level in levels.items():
            self._voices.setdefault(peer, _Voice()).loudness = float(127 - min(max(level, 0), 127))
        stretches = [s for peer, v in self._voices.items() for s in self._advance(peer, v, now_us, elapsed_us)]
        return Heard(self._reorder(now_us), tuple(stretches))

    def forget(self, peer: int) -> Heard:
        """The peer is gone; what it was saying is told."""
        voice = self._voices.pop(peer, None)
        stretches = tuple(_end_of_speech(peer, voice)) if voice else ()
        return Heard(self._reorder(self._now_us or 0), stretches)

    def _advance(self, peer: int, voice: _Voice, now_us: int, elapsed_us: int) -> list[Stretch]:
        for i, window in enumerate(WINDOWS_US):
            voice.means[i] += (voice.loudness - voice.means[i]) * (1 - math.exp(-elapsed_us / window))
        if voice.loudness >= SPEECH_LOUDNESS:
            if voice.charge_us == 0:
                voice.loud_from_us = now_us - elapsed_us
            voice.charge_us = min(voice.charge_us + elapsed_us, ATTACK_US)
            voice.loud_at_us = now_us
        else:
            voice.charge_us = max(voice.charge_us - elapsed_us // 2, 0)
        if not voice.speaking and voice.charge_us >= ATTACK_US:
            voice.speaking, voice.told_from_us, voice.told_a_part = True, voice.loud_from_us, False
            voice.speech_from_us = voice.loud_from_us
        if voice.speaking and now_us - voice.loud_at_us >= HOLD_US:
            voice.speaking, voice.charge_us = False, 0
            voice.spoken_us += voice.loud_at_us - voice.speech_from_us
            return _end_of_speech(peer, voice)
        return _long_speech(peer, voice)

    def _reorder(self, now_us: int) -> tuple[int, ...] | None:
        speaking = sorted((p for p, v in self._voices.items() if v.speaking), key=self._rank)
        first = self._order[0] if self._order and self._order[0] in speaking else None
        if first is not None and speaking[0] != first and not self._takes_over(speaking[0], first, now_us):
            speaking.remove(first)
            speaking.insert(0, first)
        order = tuple(speaking)
        if self._order[:1] == order[:1] and set(self._order) == set(order):
            return None
        self._order = order
        return order

    def _rank(self, peer: int) -> tuple[float, int]:
        return (-self._voices[peer].score, peer)

    def _takes_over(self, rival: int, first: int, now_us: int) -> bool:
        ahead = self._voices[rival].means[1] - self._voices[first].means[1] >= TAKEOVER_DB
        if not ahead:
            self._rival = None
            return False
        if self._rival is None or self._rival[0] != rival:
            self._rival = (rival, now_us)
        return now_us - self._rival[1] >= TAKEOVER_US


def _end_of_speech(peer: int, voice: _Voice) -> list[Stretch]:
    begun, voice.told_from_us = voice.told_from_us, None
    if begun is None or voice.loud_at_us <= begun:
        return []
    if voice.told_a_part or voice.loud_at_us - begun >= SPOKE_MIN_US:
        return [Stretch(peer, begun, voice.loud_at_us)]
    return []


def _long_speech(peer: int, voice: _Voice) -> list[Stretch]:
    """Up to the last loud moment: a pause that may turn out to be the end is not told as speech."""
    if voice.told_from_us is None or voice.loud_at_us - voice.told_from_us < SPOKE_PART_US:
        return []
    part = Stretch(peer, voice.told_from_us, voice.loud_at_us)
    voice.told_from_us, voice.told_a_part = voice.loud_at_us, True
    return [part]


def loudest_first(peers: Sequence[int], board: SpeakerBoard) -> list[int]:
    """Peers by how loud they were of late; speakers now come first, in the board's order."""
    place = {peer: i for i, peer in enumerate(board.speakers)}
    return sorted(peers, key=lambda p: (place.get(p, len(place)), -board.score(p), p))
