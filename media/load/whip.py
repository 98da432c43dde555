"""Joining by WHIP (RFC 9725) and WHEP: one POST, and a DELETE to leave."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urljoin

import aiohttp

from media.load.peers import JoinFailed

_SDP = "application/sdp"


class WhipSignalling:
    """One peer's. `key` is the bearer token; empty for none."""

    def __init__(self, http: aiohttp.ClientSession, url: str, key: str = "") -> None:
        self._http = http
        self._url = url
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._resource = ""

    async def publish(self, offer: str) -> str:
        """The answer of a WHIP endpoint."""
        return await self._post(offer)

    async def subscribe(self, offer: Callable[[], str], answer: Callable[[str], str]) -> str:
        """The answer of a WHEP endpoint."""
        return await self._post(offer())

    async def leave(self) -> None:
        if self._resource:
            async with self._http.delete(self._resource, headers=self._headers):
                self._resource = ""

    async def _post(self, offer: str) -> str:
        headers = {**self._headers, "Content-Type": _SDP}
        try:
            async with self._http.post(self._url, data=offer.encode(), headers=headers) as response:
                text = await response.text()
                if response.status != 201:
                    raise JoinFailed(f"{response.status} {response.reason}: {text[:200]}")
                if location := response.headers.get("Location"):
                    self._resource = urljoin(str(response.url), location)
                return text
        except aiohttp.ClientError as error:
            raise JoinFailed(f"{self._url}: {error}") from error
