"""aiortc as an encoder (a moving picture and a tone) and as a screen that decodes, over real HTTP. It knows nothing of our code."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fractions import Fraction

import aiohttp
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription, VideoStreamTrack
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import VideoFrame

SIZE = (320, 240)


class Bars(VideoStreamTrack):
    """A picture whose brightness is `luma`, so that whoever sees it knows which picture it is."""

    def __init__(self, luma: int) -> None:
        super().__init__()
        self._luma = luma

    async def recv(self) -> VideoFrame:
        pts, time_base = await self.next_timestamp()
        frame = VideoFrame(*SIZE, "yuv420p")
        for plane, value in zip(frame.planes, (self._luma, 128, 128), strict=True):
            plane.update(bytes([value]) * plane.buffer_size)
        frame.pts, frame.time_base = pts, Fraction(time_base)
        return frame


def connection() -> RTCPeerConnection:
    """A connection that asks no STUN server: without a list, aiortc asks one on the internet."""
    return RTCPeerConnection(RTCConfiguration(iceServers=[]))


class Screen:
    """What a screen received: frames decoded, the mean brightness of the last one, and their widths, one after another."""

    def __init__(self) -> None:
        self.frames = 0
        self.luma = 0.0
        self.sounds = 0
        self.widths: list[int] = []

    async def watch(self, track: MediaStreamTrack) -> None:
        try:
            while True:
                frame = await track.recv()
                if isinstance(frame, VideoFrame):
                    self.frames += 1
                    if self.widths[-1:] != [frame.width]:
                        self.widths.append(frame.width)
                    plane = bytes(frame.reformat(format="gray").planes[0])
                    self.luma = sum(plane) / len(plane)
                else:
                    self.sounds += 1
        except MediaStreamError:
            return


@asynccontextmanager
async def encoder(url: str, key: str, luma: int = 200) -> AsyncIterator[str]:
    """Publishes by WHIP until the end of the block; yields the session's address."""
    peer = connection()
    peer.addTransceiver(Bars(luma), direction="sendonly")
    async with _session(peer, url, key) as location:
        yield location


@asynccontextmanager
async def screen(url: str, key: str) -> AsyncIterator[Screen]:
    """Watches by WHEP until the end of the block."""
    peer, seen = connection(), Screen()
    watching: list[asyncio.Task[None]] = []
    peer.addTransceiver("audio", direction="recvonly")
    peer.addTransceiver("video", direction="recvonly")
    peer.on("track", lambda track: watching.append(asyncio.ensure_future(seen.watch(track))))
    try:
        async with _session(peer, url, key):
            yield seen
    finally:
        for task in watching:
            task.cancel()


@asynccontextmanager
async def _session(peer: RTCPeerConnection, url: str, key: str) -> AsyncIterator[str]:
    """RFC 9725 §4.2: POST with all candidates, DELETE at the end."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/sdp"}
    await peer.setLocalDescription(await peer.createOffer())
    async with aiohttp.ClientSession() as http:
        async with http.post(url, data=peer.localDescription.sdp, headers=headers) as response:
            answer = await response.text()
            assert response.status == 201, answer
            location = response.headers["Location"]
        try:
            await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
            yield location
        finally:
            await peer.close()
            async with http.delete(location, headers={"Authorization": f"Bearer {key}"}) as response:
                assert response.status in (200, 404)
