"""An encoder or a screen over real HTTP: POST, PATCH and DELETE as RFC 9725 has them, its packets by `RtcClient`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from tests.kit.lesson_client import Browser
from tests.kit.live_school import LiveSchool
from tests.kit.rtc_client import RtcClient
from tests.kit.rtp_packets import fake_vp8

SDP, FRAGMENT = "application/sdp", "application/trickle-ice-sdpfrag"


@dataclass(frozen=True)
class Answered:
    """An HTTP answer, read to its end."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def code(self) -> str:
        """The problem's code; empty for anything else."""
        return self.text.partition('"code":"')[2].partition('"')[0]


async def make_key(browser: Browser, lesson: str, purpose: str = "camera", *, sound: bool = False) -> dict[str, Any]:
    """What the lecturer's page is told: `key`, `url`, `device`."""
    made: dict[str, Any] = await browser.post(f"/lessons/{lesson}/devices", {"purpose": purpose, "sound": sound})
    return made


class WhipDevice:
    """One device with its key. `rtc` is its half of the packets."""

    def __init__(self, http: aiohttp.ClientSession, url: str, key: str, rtc: RtcClient) -> None:
        self.http = http
        self.url = url
        self.key = key
        self.rtc = rtc
        self.location = ""
        self.etag = ""

    async def ask(
        self, method: str, url: str, text: str = "", kind: str = "", headers: Mapping[str, str] | None = None
    ) -> Answered:
        sent = {"Authorization": f"Bearer {self.key}", **({"Content-Type": kind} if kind else {}), **(headers or {})}
        async with self.http.request(method, url, data=text.encode(), headers=sent, allow_redirects=False) as response:
            return Answered(response.status, response.headers.copy(), await response.text())

    async def post(self, offer: str | None = None) -> Answered:
        answered = await self.ask("POST", self.url, offer or self.rtc.offer(), SDP)
        if answered.status == 201:
            self.location, self.etag = answered.headers["Location"], answered.headers["ETag"]
            self.rtc.accept(answered.text)
        return answered

    async def connect(self) -> Answered:
        """Offered, answered, packets flow."""
        answered = await self.post()
        assert answered.status == 201, answered
        await self.rtc.connect()
        return answered

    async def patch(self, fragment: str, if_match: str | None = None, kind: str = FRAGMENT) -> Answered:
        headers = {} if if_match is None else {"If-Match": if_match}
        return await self.ask("PATCH", self.location, fragment, kind, headers)

    async def delete(self) -> Answered:
        return await self.ask("DELETE", self.location)

    async def film(self) -> None:
        """Pictures and sound until cancelled."""
        while True:
            for role in self.rtc.senders:
                if role == "camera":
                    self.rtc.send_frame(fake_vp8(True, 300, 1280, 720), "camera")
                else:
                    self.rtc.send_audio(role)
            await asyncio.sleep(0.04)


@asynccontextmanager
async def device(
    school: LiveSchool, made: Mapping[str, Any], rtc: RtcClient, lesson: str = ""
) -> AsyncIterator[WhipDevice]:
    """A device that was told this address and key. `lesson` asks at another lesson's address."""
    url = str(made["url"])
    async with aiohttp.ClientSession() as http:
        made_device = WhipDevice(http, url.replace(school.lesson, lesson) if lesson else url, str(made["key"]), rtc)
        try:
            yield made_device
        finally:
            await rtc.close()
