"""One person's connections in one lesson, folded from events: intervals, states, answers, activity. No judgement here."""

from __future__ import annotations

from dataclasses import dataclass, field

from server.attendance.facts import LEARNING, LISTENING_ONLY, LOST, WEAK, Segment
from server.attendance.intervals import Intervals, union
from server.ids import PersonId

#: How a connection state shows on the strip; states not listed show nothing.
_STRIP = {
    "joining": LEARNING,
    "learning": LEARNING,
    "handing_over": LEARNING,
    "listening_only": LISTENING_ONLY,
    "background": LISTENING_ONLY,
    "weak": WEAK,
    "lost": LOST,
}


@dataclass(slots=True)
class _Connected:
    start_us: int
    device: str


@dataclass(slots=True)
class _Closed:
    start_us: int
    end_us: int
    reason: str
    inferred: bool


@dataclass(slots=True)
class PersonPresence:
    """What the log says about one person so far. Several connections may be open at once; presence is their union."""

    person: PersonId
    role: str = "student"
    state: str = "not_joined"
    first_knock_us: int | None = None
    first_in_us: int | None = None
    from_seq: int = 0
    to_seq: int = 0
    interactions: int = 0
    devices: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)
    acts_us: list[int] = field(default_factory=list)
    speech: list[tuple[int, int]] = field(default_factory=list)
    _open: dict[str, _Connected] = field(default_factory=dict)
    _known: set[str] = field(default_factory=set)
    _closed: list[_Closed] = field(default_factory=list)
    _states: list[tuple[int, str]] = field(default_factory=list)
    _camera: list[tuple[int, int]] = field(default_factory=list)
    _camera_since_us: int | None = None
    _camera_kept: bool = False

    def seen(self, seq: int) -> None:
        """An event that speaks of this person."""
        self.from_seq = self.from_seq or seq
        self.to_seq = seq

    def came(self, at_us: int, connection: str, device: str) -> None:
        """A connection is there. It takes the place of an earlier one of the same browser that nobody saw going."""
        start_us = at_us
        for key in [k for k, held in self._open.items() if k == connection or (device and held.device == device)]:
            start_us = min(start_us, self._open.pop(key).start_us)
        self._open[connection] = _Connected(start_us, device)
        self._known.add(connection)
        self.devices.add(device)
        if self.first_knock_us is None:
            self.first_knock_us = at_us

    def handed_over(self, at_us: int, connection: str, to_device: str) -> None:
        """The person moved to another device: the new connection continues, older ones end now."""
        for key in [k for k in self._open if k != connection]:
            self._close(key, at_us, "replaced", inferred=False)
        self.devices.add(to_device)
        if connection in self._open:
            self._open[connection].device = to_device

    def went(self, last_alive_us: int, connection: str | None, reason: str, *, inferred: bool) -> None:
        """Presence ended at the last sign of life: of this connection, or of all when the event names none that we know.

        A connection that was known and is no longer open has been replaced or was lost before: nothing ends a second time.
        """
        if not self._open:
            self._correct_guess(last_alive_us, reason)
        elif connection is None or connection not in self._known:
            for key in list(self._open):
                self._close(key, last_alive_us, reason, inferred=inferred)
        elif connection in self._open:
            self._close(connection, last_alive_us, reason, inferred=inferred)

    def server_away(self, from_us: int) -> None:
        """The server went away: whoever was connected was seen until then, and nobody saw them going."""
        for key in list(self._open):
            self._close(key, from_us, "server_restart", inferred=True)
        if self.state not in ("not_joined", "left", "removed"):
            self.becomes(from_us, "lost")

    def becomes(self, at_us: int, state: str) -> None:
        """The connection state changes at `at_us`, which may lie before changes already noted (a loss is known late)."""
        while self._states and self._states[-1][0] >= at_us:
            self._states.pop()
        if not self._states or self._states[-1][1] != state:
            self._states.append((at_us, state))
        self.state = state
        if state in ("lost", "left", "removed"):
            goes_on = state == "lost" and (self._camera_since_us is not None or self._camera_kept)
            self.camera(at_us, on=False)
            self._camera_kept = goes_on

    def resumed(self, at_us: int) -> None:
        """The same media go on after a loss: a camera that was on then is on again, without a word of its own."""
        if self._camera_kept:
            self.camera(at_us, on=True)

    def camera(self, at_us: int, *, on: bool) -> None:
        """The server saw the camera's packets start or stop."""
        self._camera_kept = False
        if on and self._camera_since_us is None:
            self._camera_since_us = at_us
        elif not on and self._camera_since_us is not None:
            self._camera.append((self._camera_since_us, at_us))
            self._camera_since_us = None

    @property
    def is_connected(self) -> bool:
        return bool(self._open)

    def intervals(self, now_us: int) -> Intervals:
        """The union of all connections, open ones until `now_us`."""
        closed = ((c.start_us, c.end_us) for c in self._closed)
        return union(closed, ((c.start_us, now_us) for c in self._open.values()))

    def camera_on(self, now_us: int) -> Intervals:
        running = [] if self._camera_since_us is None else [(self._camera_since_us, now_us)]
        return union(self._camera, running)

    def segments(self) -> tuple[Segment, ...]:
        """The strip: what was observed, piece by piece; time outside the room leaves no piece."""
        pieces: list[Segment] = []
        for i, (from_us, state) in enumerate(self._states):
            to_us = self._states[i + 1][0] if i + 1 < len(self._states) else None
            shown = _STRIP.get(state)
            if shown is None:
                continue
            if pieces and pieces[-1].state == shown and pieces[-1].to_us == from_us:
                pieces[-1] = Segment(from_us=pieces[-1].from_us, to_us=to_us, state=shown)
            else:
                pieces.append(Segment(from_us=from_us, to_us=to_us, state=shown))
        return tuple(pieces)

    def reason_at(self, end_us: int) -> tuple[str, bool]:
        """Why the connection that ended at `end_us` ended, and whether that end is inferred."""
        for closed in reversed(self._closed):
            if closed.end_us == end_us:
                return closed.reason, closed.inferred
        return "", False

    @property
    def inferred(self) -> bool:
        return any(closed.inferred for closed in self._closed)

    def _close(self, key: str, end_us: int, reason: str, *, inferred: bool) -> None:
        held = self._open.pop(key)
        self._closed.append(_Closed(held.start_us, max(held.start_us, end_us), reason, inferred))

    def _correct_guess(self, last_alive_us: int, reason: str) -> None:
        """A better last sign of life for an end that was only inferred."""
        if self._closed and self._closed[-1].inferred:
            last = self._closed[-1]
            last.end_us = max(last.start_us, min(last.end_us, last_alive_us))
            last.reason = reason or last.reason
