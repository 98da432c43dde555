"""A participant on aiortc, with stock parts only: a picture, a tone and receive slots, over whatever carries its offer and answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiortc import RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack

from media.face import Publish
from tests.kit.aiortc_device import Bars, Screen, connection


class AiortcPerson:
    """`offer`, then `accept` the answer. What it sees and hears is in `seen`."""

    def __init__(self, luma: int | None, audio_slots: int, video_slots: int) -> None:
        self.peer = connection()
        self.seen = Screen()
        self._watching: list[asyncio.Task[None]] = []
        self.peer.on("track", lambda track: self._watching.append(asyncio.ensure_future(self.seen.watch(track))))
        self._sends = []
        if luma is not None:
            self._sends = [
                ("microphone", self.peer.addTransceiver(AudioStreamTrack(), direction="sendonly")),
                ("camera", self.peer.addTransceiver(Bars(luma), direction="sendonly")),
            ]
        for kind, slots in (("audio", audio_slots), ("video", video_slots)):
            for _ in range(slots):
                self.peer.addTransceiver(kind, direction="recvonly")

    async def offer(self) -> tuple[str, list[Publish]]:
        """With all candidates, and which of its m-lines are what."""
        await self.peer.setLocalDescription(await self.peer.createOffer())
        return self.peer.localDescription.sdp, [Publish(str(t.mid), role) for role, t in self._sends]

    async def accept(self, answer: str) -> None:
        await self.peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def lost(self) -> int:
        """Packets of pictures and sound that were sent to it and never came."""
        stats = (await self.peer.getStats()).values()
        return sum(each.packetsLost for each in stats if each.type == "inbound-rtp")

    async def close(self) -> None:
        await self.peer.close()
        for task in self._watching:
            task.cancel()


@asynccontextmanager
async def aiortc_person(
    luma: int | None = None, audio_slots: int = 2, video_slots: int = 2
) -> AsyncIterator[AiortcPerson]:
    """`luma`: the brightness of the picture it publishes beside a silent microphone; None: it publishes nothing."""
    made = AiortcPerson(luma, audio_slots, video_slots)
    try:
        yield made
    finally:
        await made.close()
