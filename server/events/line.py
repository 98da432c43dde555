"""What facts about a line have in common: columns of samples. Which peer they speak of is said by the events in room.py and device.py."""

from __future__ import annotations

from server.events.base import Event


class MeasuredLine(Event, frozen=True, kw_only=True):
    """Some minutes of one peer's line as the relay measured them. Each list has one value per sample, oldest first.

    Sample i covers the 10 s that ended `at_ms[i]` after `from_us`. up is from the peer to the server, down to the peer; loss in parts per
    million, -1: nothing was sent. `watched`, `sent`: pictures that the peer was sent and that it sent, as `role:layer` with a space between,
    stage first; `+n` stands for n more tiles.
    """

    from_us: int
    at_ms: list[int]
    packets_up: list[int]
    packets_down: list[int]
    loss_up_ppm: list[int]
    loss_down_ppm: list[int]
    rtt_ms: list[int]
    watched: list[str]
    sent: list[str]
