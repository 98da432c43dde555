"""RTP time → server time, so that all publications of a lesson stand on one time line. Pure: times are arguments.

Input: arrival times of packets, and sender reports (publisher's NTP ↔ RTP).
1. `A`, server time of RTP zero by arrival: least (arrival − rtp) of the last 5 … 10 s. Least, because delay only adds.
2. `N`, publisher's NTP of RTP zero, from sender reports (smoothed: audio reports wobble by ± 6 ms).
3. `offset` = A − N, one for all publications of a publisher's clock: what puts voice and picture in step.
4. server time = zero + rtp. `zero` starts at A with the first packet, then slews towards N + offset.
"""

from __future__ import annotations

from recorder.rtp import unwrap

WINDOW_US = 5_000_000
#: How fast a time line may run faster or slower until it is right: 20 ms per second is not heard.
SLEW = 0.02
#: A step forward larger than this is taken at once; backwards (a start during congestion) time only runs slower.
STEP_US = 250_000
CATCH_UP = 0.25
#: Beyond this a listener would see lips and voice apart: correct fast.
APART_US = 60_000
#: A report or packet further off than this belongs to another clock or another layer.
FOREIGN_US = 10_000_000
ANOTHER_CLOCK_US = 1_000_000


class PublisherClock:
    """NTP → server offset of one publishing browser; follows drift at ≤ 200 ppm, corrects a bad start faster."""

    def __init__(self) -> None:
        self.offset_us: float | None = None
        self._updated_us = 0

    def observe(self, offset_us: float, now_us: int) -> None:
        if self.offset_us is None:
            self.offset_us, self._updated_us = offset_us, now_us
            return
        elapsed = now_us - self._updated_us
        if elapsed < WINDOW_US:
            return
        self._updated_us = now_us
        error = offset_us - self.offset_us
        limit = max(200e-6 * elapsed, abs(error) / 5)
        self.offset_us += max(-limit, min(limit, error))

    def is_mine(self, offset_us: float) -> bool:
        return self.offset_us is None or abs(offset_us - self.offset_us) < ANOTHER_CLOCK_US


class PublisherClocks:
    """The clocks of a lesson's publishers. A person who comes back with another device has another clock."""

    def __init__(self) -> None:
        self._of: dict[str, PublisherClock] = {}

    def of(self, person: str, offset_us: float | None = None) -> PublisherClock:
        """The person's clock, a new one if a stream that says `offset_us` cannot belong to the known one."""
        clock = self._of.get(person)
        if clock is None or (offset_us is not None and not clock.is_mine(offset_us)):
            clock = self._of[person] = PublisherClock()
        return clock


class StreamClock:
    """Server time of one SSRC's RTP time stamps."""

    def __init__(self, clock_hz: int, person: str, clocks: PublisherClocks) -> None:
        self._us_per_tick = 1e6 / clock_hz
        self._person = person
        self._clocks = clocks
        self.publisher = clocks.of(person)
        self._last: int | None = None
        self._last_out_us: float = 0
        self._zero: float = 0
        self._ntp_zero: float | None = None
        self._window_us = 0
        self._least: float = 0
        self._least_before: float | None = None

    def server_us(self, timestamp: int, arrival_us: int) -> int:
        """Unix µs for an RTP time stamp (32 bit) of a packet that arrived at `arrival_us`."""
        ticks = timestamp if self._last is None else unwrap(timestamp, self._last, 32)
        media_us = ticks * self._us_per_tick
        by_arrival = arrival_us - media_us
        if self._last is None or abs(by_arrival - self._zero) > FOREIGN_US:
            self._restart(by_arrival, arrival_us)
        else:
            self._arrived(by_arrival, arrival_us)
            self._slew(media_us)
        self._last = ticks if self._last is None else max(ticks, self._last)
        self._last_out_us = max(self._last_out_us, media_us)
        return round(self._zero + media_us)

    def report(self, ntp_us: int, rtp: int, now_us: int) -> bool:
        """A sender report. False: it does not belong to this stream (another layer's RTP time) and is ignored."""
        if self._last is None:
            return False
        media_us = unwrap(rtp, self._last, 32) * self._us_per_tick
        if abs(media_us - self._last * self._us_per_tick) > FOREIGN_US:
            return False
        ntp_zero = ntp_us - media_us
        if self._ntp_zero is None or abs(ntp_zero - self._ntp_zero) > STEP_US:
            self._ntp_zero = ntp_zero
        else:
            self._ntp_zero += 0.25 * (ntp_zero - self._ntp_zero)
        offset = self.arrival_zero - self._ntp_zero
        if not self.publisher.is_mine(offset):
            self.publisher = self._clocks.of(self._person, offset)
        self.publisher.observe(offset, now_us)
        return True

    @property
    def arrival_zero(self) -> float:
        """`A`: server time of RTP zero by the least delayed packet of late."""
        return self._least if self._least_before is None else min(self._least, self._least_before)

    def _restart(self, by_arrival: float, arrival_us: int) -> None:
        self._zero = self._least = by_arrival
        self._least_before = self._ntp_zero = None
        self._window_us = arrival_us
        self._last_out_us = 0

    def _arrived(self, by_arrival: float, arrival_us: int) -> None:
        if arrival_us - self._window_us > WINDOW_US:
            self._window_us = arrival_us
            self._least_before, self._least = self._least, by_arrival
        else:
            self._least = min(self._least, by_arrival)

    def _slew(self, media_us: float) -> None:
        target = self.arrival_zero
        if self._ntp_zero is not None and self.publisher.offset_us is not None:
            target = self._ntp_zero + self.publisher.offset_us
        error = target - self._zero
        if error > STEP_US:
            self._zero = target
            return
        limit = (CATCH_UP if error < -APART_US else SLEW) * max(0.0, media_us - self._last_out_us)
        self._zero += max(-limit, min(limit, error))
