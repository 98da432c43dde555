"""Synthetic peers: each joins by some signalling, shakes hands, then publishes or receives. One `Load` owns them all."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from media._core import LoadEngine
from media.aiortc_private import Handshake, HandshakeFailed, new_certificate
from media.load.sdp import (
    RTX_PT,
    TWCC_ID,
    BadAnswer,
    Features,
    Medium,
    Near,
    Remote,
    extension,
    read,
    write_answer,
    write_offer,
)
from media.transport import EnginePath

#: Time for ICE and DTLS of one peer.
CONNECT_TIMEOUT_S = 20.0
_GCM128 = 7


class JoinFailed(Exception):
    """A peer could not join: refused by signalling, no path, or no handshake."""


class Signalling(Protocol):
    """How one peer's descriptions travel. Both raise JoinFailed."""

    async def publish(self, offer: str) -> str:
        """The answer to an offer that publishes."""
        ...

    async def subscribe(self, offer: Callable[[], str], answer: Callable[[str], str]) -> str:
        """The other side's description, got for our offer, or answered by ours if the server offers."""
        ...

    async def leave(self) -> None:
        """Tell the server, if there is a way to."""
        ...


@dataclass(frozen=True, slots=True)
class Video:
    """A camera: frames of packets, bursts for keyframes. `rids` from low to high: each layer has half the packets of the next."""

    frames_per_s: int = 30
    packets: int = 5
    size: int = 1100
    key_packets: int = 40
    key_every_ms: int = 10_000
    pace_us: int = 0
    rids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Audio:
    """A microphone: 50 packets a second, as Opus with 20 ms frames."""

    packets_per_s: int = 50
    size: int = 100


@dataclass(frozen=True, slots=True)
class Listening:
    """How subscribers receive. `remb_bps` 0: none is sent."""

    remb_bps: int = 20_000_000
    twcc: bool = False
    nack: bool = False


@dataclass(slots=True)
class LoadPeer:
    """One peer that joined."""

    number: int
    signalling: Signalling
    path: EnginePath
    works: asyncio.Event
    near: Near
    handshake: Handshake | None = None
    media: tuple[Medium, ...] = ()
    video: Video | None = None
    audio: Audio | None = None
    profile: int = 0
    asked_at: float = 0.0
    connected_at: float = 0.0


class Load:
    """All peers of one load, on one local address. Use as an asynchronous context."""

    def __init__(self, ip: str, profiles: tuple[int, ...] = (_GCM128,)) -> None:
        self.ip = ip
        self.engine = LoadEngine(ip)
        self._certificate, self._fingerprint = new_certificate(profiles)
        self.publishers: list[LoadPeer] = []
        self.subscribers: list[LoadPeer] = []
        self._peers: dict[int, LoadPeer] = {}

    async def __aenter__(self) -> Load:
        asyncio.get_running_loop().add_reader(self.engine.fileno(), self._on_events)
        return self

    async def __aexit__(self, *_: object) -> None:
        peers = [*self.subscribers, *self.publishers]
        for peer in peers:
            if peer.handshake is not None and (goodbye := peer.handshake.close()):
                self.engine.send_dtls(peer.number, goodbye)
        asyncio.get_running_loop().remove_reader(self.engine.fileno())
        self.engine.close()
        for peer in peers:
            with contextlib.suppress(JoinFailed, OSError, TimeoutError):
                await peer.signalling.leave()

    async def publish(
        self, signalling: Signalling, video: Video | None, audio: Audio | None, *, begin: bool = True
    ) -> LoadPeer:
        """A publisher joins, and begins to send unless it is to wait for `begin`. JoinFailed."""
        media = _media(video, audio)
        peer = self._new_peer(signalling)
        features = Features()
        remote = _read(await signalling.publish(write_offer(peer.near, media, features, publish=True)), self.ip)
        await self._connect(peer, remote, controlling=True)
        peer.media, peer.video, peer.audio = tuple(media), video, audio
        self.publishers.append(peer)
        if begin:
            self.begin(peer)
        return peer

    def begin(self, peer: LoadPeer) -> None:
        """The publisher sends from now on."""
        for mid, medium in enumerate(peer.media):
            self._send(peer, medium, str(mid))

    async def subscribe(self, signalling: Signalling, media: int, listening: Listening, *, audio: int = 0) -> LoadPeer:
        """A subscriber joins with so many video and audio m-lines. JoinFailed."""
        peer = self._new_peer(signalling)
        wanted = [Medium("audio")] * audio + [Medium("video")] * media
        features = Features(rtx=listening.nack, twcc=listening.twcc)
        text = await signalling.subscribe(
            lambda: write_offer(peer.near, wanted, features, publish=False),
            lambda offer: write_answer(peer.near, _read(offer, self.ip)),
        )
        remote = _read(text, self.ip)
        self.engine.listen(
            peer.number,
            secrets.randbits(32) | 1,
            remb_bps=listening.remb_bps,
            twcc_id=TWCC_ID if listening.twcc else 0,
            nack=listening.nack,
            rtx_pt=RTX_PT if listening.nack else 0,
        )
        await self._connect(peer, remote, controlling=remote.lite or remote.setup != "actpass")
        self.subscribers.append(peer)
        return peer

    def heard(self, peer: LoadPeer) -> tuple[int, float]:
        """Packets received by a peer so far, and seconds from its asking to the first of them (0: none came)."""
        packets, first_us = self.engine.heard()[peer.number]
        return packets, first_us / 1e6 - peer.asked_at if packets else 0.0

    async def window(self, seconds: float, drain_s: float = 0.5) -> dict[str, Any]:
        """Counters of a window, with what is under way at its end."""
        self.engine.open_window()
        await asyncio.sleep(seconds)
        self.engine.close_window()
        await asyncio.sleep(drain_s)
        return self.engine.stats()

    def _new_peer(self, signalling: Signalling) -> LoadPeer:
        ufrag, pwd = secrets.token_hex(4), secrets.token_hex(12)
        number, port = self.engine.add_peer(ufrag, pwd, secrets.randbits(64))
        near = Near(ufrag, pwd, self._fingerprint, self.ip, port)
        path = EnginePath(lambda data: self.engine.send_dtls(number, data))
        peer = LoadPeer(number, signalling, path, asyncio.Event(), near, asked_at=time.monotonic())
        self._peers[number] = peer
        return peer

    async def _connect(self, peer: LoadPeer, remote: Remote, *, controlling: bool) -> None:
        self.engine.connect(peer.number, remote.ufrag, remote.pwd, remote.ip, remote.port, controlling)
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await peer.works.wait()
                # An answer that says active leaves us the server's part.
                peer.handshake = Handshake(peer.path, self._certificate, server=remote.setup == "active")
                keys = await peer.handshake.run(remote.fingerprints)
        except TimeoutError as error:
            step = "DTLS" if peer.works.is_set() else "ICE"
            raise JoinFailed(f"no {step} with {remote.ip}:{remote.port} within {CONNECT_TIMEOUT_S:.0f} s") from error
        except HandshakeFailed as error:
            raise JoinFailed(str(error)) from error
        self.engine.set_srtp(peer.number, keys.profile, keys.rx_key, keys.rx_salt, keys.tx_key, keys.tx_salt)
        peer.profile, peer.connected_at = keys.profile, time.monotonic()

    def _send(self, peer: LoadPeer, medium: Medium, mid: str) -> None:
        video, audio = peer.video, peer.audio
        if medium.kind == "audio":
            assert audio is not None
            rate, size = audio.packets_per_s, audio.size
            self.engine.publish(peer.number, "audio", medium.ssrcs[0], 111, 48_000, rate, size=size)
            return
        assert video is not None
        for layer, ssrc in enumerate(medium.ssrcs):
            above = len(medium.ssrcs) - 1 - layer
            self.engine.publish(
                peer.number, "video", ssrc, 96, 90_000, video.frames_per_s,
                packets=max(1, video.packets >> above), size=video.size, key_packets=max(1, video.key_packets >> above),
                key_every_ms=video.key_every_ms, pace_us=video.pace_us, width=1280 >> above, height=720 >> above,
                extension=extension(mid, video.rids[layer]) if video.rids else b"",
            )  # fmt: skip

    def _on_events(self) -> None:
        for event in self.engine.poll_events():
            peer = self._peers[event[1]]
            if event[0] == "path":
                peer.works.set()
            else:
                peer.path.feed(event[2])


def _media(video: Video | None, audio: Audio | None) -> list[Medium]:
    media = []
    if audio is not None:
        media.append(Medium("audio", (_new_ssrc(),)))
    if video is not None:
        media.append(Medium("video", tuple(_new_ssrc() for _ in video.rids or ("",)), video.rids))
    return media


def _new_ssrc() -> int:
    return int.from_bytes(os.urandom(4), "big") | 1


def _read(text: str, ip: str) -> Remote:
    try:
        return read(text, ip)
    except BadAnswer as error:
        raise JoinFailed(str(error)) from error
