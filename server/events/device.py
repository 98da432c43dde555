"""Facts about devices in a live room: a lecturer's second camera, a screen in the next hall. A device is nobody: it is never counted.

`owner` is who made the device's key and answers for it.
"""

from __future__ import annotations

from server.events.base import Event
from server.events.line import MeasuredLine
from server.ids import DeviceId, PersonId


class DeviceJoined(Event, frozen=True, kw_only=True, tag="device.joined/1"):
    """A device came in by its key. purpose ∈ camera (it publishes, WHIP), screen (it shows the lesson, WHEP). `sound`: its microphone is heard."""

    device: DeviceId
    owner: PersonId
    purpose: str
    sound: bool


class DeviceLeft(Event, frozen=True, kw_only=True, tag="device.left/1"):
    """A device is gone; its last sign of life was at `last_alive_us`.

    reason ∈ leave, replaced (the same key came again), ice_lost, failed, revoked, lesson_end, server_restart.
    """

    device: DeviceId
    last_alive_us: int
    reason: str
    inferred: bool = False


class DeviceMediaChanged(Event, frozen=True, kw_only=True, tag="device.media_changed/1"):
    """What the server saw a device start or stop sending. role ∈ microphone, camera."""

    device: DeviceId
    role: str
    on: bool


class DeviceLineMeasured(MeasuredLine, frozen=True, kw_only=True, tag="device.line_measured/1"):
    """The device's line over up to five minutes, as the relay measured it: members as in `room.line_measured`."""

    device: DeviceId
