"""A device that takes part in a lesson without a person: what is kept of it while it is in. Its deeds are in devices.py."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from server.ids import AccountId, DeviceId, PersonId
from server.room.commands import PublishedMedia

CAMERA, SCREEN = "camera", "screen"


@dataclass(frozen=True, slots=True)
class DeviceArrival:
    """A device with a valid key. `most`: how many devices a lesson may have."""

    device: DeviceId
    owner: PersonId
    account: AccountId
    purpose: str
    sound: bool
    offer: str
    media: Sequence[PublishedMedia]
    most: int


@dataclass(slots=True)
class Device:
    """A device that is in. `resource` is the secret name of this stay, `generation` that of its ICE session (the ETag)."""

    device: DeviceId
    owner: PersonId
    account: AccountId
    purpose: str
    sound: bool
    offer: str
    joined_us: int
    resource: str
    generation: str
    restarts: int = 0

    def is_named(self, resource: str) -> bool:
        return secrets.compare_digest(self.resource.encode(), resource.encode())
