"""The voices of one room: the speaker board fed with levels, what it says told as notices. The board itself is pure (`media.speaker`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from media.clock import MediaClock
from media.notices import Notice, PeerSpoke, SpeakersChanged
from media.speaker import Heard, SpeakerBoard

#: RFC 6464: the level of silence.
SILENCE = 127


class Voices:
    """`changed` is called when somebody began or ceased to speak."""

    def __init__(self, clock: MediaClock, notify: Callable[[Notice], None], changed: Callable[[], None]) -> None:
        self.board = SpeakerBoard()
        self._clock = clock
        self._notify = notify
        self._changed = changed

    def hear(self, levels: Mapping[int, int]) -> None:
        """Levels by peer, those that changed; an empty one lets time pass."""
        self._tell(self.board.step(self._clock.mono_us(), levels))

    def hush(self, peer: int) -> None:
        """The peer's microphone stopped."""
        self.hear({peer: SILENCE})

    def forget(self, peer: int) -> None:
        self._tell(self.board.forget(peer))

    def _tell(self, heard: Heard) -> None:
        unix = self._clock.unix_us
        for stretch in heard.stretches:
            self._notify(PeerSpoke(stretch.peer, unix(stretch.from_us), unix(stretch.to_us)))
        if heard.speakers is not None:
            self._notify(SpeakersChanged(heard.speakers, unix(self._clock.mono_us())))
            self._changed()
