"""Event times that survive steps of the wall clock: one time line per log, in microseconds.

Within one boot, time advances by the monotonic clock from the wall time of the boot's first event; a step of the wall clock changes nothing.
A new boot continues from its own wall time minus the drift the last boot had gathered, and never before the last event. Times inside
bodies are wall readings; they are placed by the drift that was in force when they were taken.
"""

from __future__ import annotations

from server.events.base import Recorded

#: Below this a difference between the clocks is slewing and rounding, not a step.
_STEP_US = 500_000


class Timeline:
    """Feed events in order; ask for the line's time of events and of wall readings."""

    def __init__(self) -> None:
        self._boot: str | None = None
        self._anchor_us = 0
        self._anchor_mono_ns = 0
        #: All drifts (wall minus line) seen so far, the present one last.
        self._drifts: list[int] = [0]
        self._last_us: int | None = None

    @property
    def drift_us(self) -> int:
        """How far the wall clock is ahead of the line at present."""
        return self._drifts[-1]

    def at(self, recorded: Recorded) -> int:
        """The line's time of the next event. Call once per event, in order of `seq`."""
        if recorded.boot_id != self._boot:
            self._boot = recorded.boot_id
            self._anchor_us = max(recorded.at_us - self.drift_us, self._last_us or recorded.at_us - self.drift_us)
            self._anchor_mono_ns = recorded.mono_ns
        at = self._anchor_us + (recorded.mono_ns - self._anchor_mono_ns) // 1000
        if self._last_us is not None:
            at = max(at, self._last_us)
        self._last_us = at
        drift = recorded.at_us - at
        if abs(drift - self.drift_us) >= _STEP_US:
            self._drifts = [d for d in self._drifts if d != drift] + [drift]
        return at

    def of_wall(self, wall_us: int) -> int:
        """The line's time of a wall reading taken at or before the last event.

        A reading taken before a step, reported after it, is recognised by lying in the future under the present drift or nearer
        under an older one: of all drifts seen, the one that puts it latest without passing the last event is right.
        """
        if self._last_us is None:
            return wall_us
        past = [wall_us - drift for drift in self._drifts if wall_us - drift <= self._last_us]
        return max(past) if past else self._last_us

    def now(self, wall_us: int) -> int:
        """The line's time of the present wall reading, not before the last event."""
        return max(wall_us - self.drift_us, self._last_us or 0)
