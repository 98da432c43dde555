"""Real Chromium for tests: Debian's browser driven by Playwright, with fake camera and microphone, and nothing leaving the machine."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

FLAGS = [
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--auto-accept-this-tab-capture",
    "--auto-select-desktop-capture-source=Entire screen",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
    "--disable-features=WebRtcHideLocalIpsWithMdns,CalculateNativeWinOcclusion",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
    "--disable-gpu",
]
#: What makes Chromium share a picture of its own making.
DRAWN_CAPTURE = ("--use-fake-ui-for-media-stream", "--auto-select-desktop-capture-source")
LOCAL_HOSTS = {"localhost", "127.0.0.1", ""}


@asynccontextmanager
async def chromium(*extra_flags: str, real_capture: bool = False) -> AsyncIterator[Browser]:
    """One headless browser; each person gets a context (profile) of their own.

    `real_capture`: a shared screen is the tab that asks, with its real sound, instead of a drawn picture with none.
    """
    path = shutil.which("chromium")
    if path is None:
        raise RuntimeError("Chromium is missing; `make test-deps` installs it")
    async with async_playwright() as playwright:
        flags = [flag for flag in FLAGS if not (real_capture and flag.startswith(DRAWN_CAPTURE))]
        browser = await playwright.chromium.launch(
            executable_path=path,
            headless=True,
            args=[*flags, *extra_flags],
            # A tab that is muted is captured as silence.
            ignore_default_args=["--mute-audio"] if real_capture else None,
        )
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class Person:
    """Somebody at a browser: the page, what its console said, and every host it asked for."""

    name: str
    context: BrowserContext
    page: Page
    console: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def outside_hosts(self) -> set[str]:
        return self.hosts - LOCAL_HOSTS

    async def inbound(self, kind: str) -> list[dict[str, Any]]:
        """Statistics of received streams of `kind` ("audio", "video"), over every peer connection of the page."""
        stats: list[dict[str, Any]] = await self.page.evaluate(STATS_OF_KIND, kind)
        return stats


#: The page keeps its peer connections here (init script below), so that tests read the browser's own statistics.
CATCH_PEER_CONNECTIONS = """
window.__peers = [];
const Native = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Native {
  constructor(...args) { super(...args); window.__peers.push(this); }
};
"""

STATS_OF_KIND = """
async (kind) => {
  const found = [];
  for (const [number, peer] of window.__peers.entries()) {
    if (peer.connectionState === 'closed') continue;
    for (const report of (await peer.getStats()).values()) {
      if (report.type === 'inbound-rtp' && report.kind === kind) found.push({...report, key: `${number}/${report.id}`});
    }
  }
  return found;
}
"""


async def person(browser: Browser, name: str, *, width: int = 1440, height: int = 900, mobile: bool = False) -> Person:
    """A new profile with camera and microphone allowed."""
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        locale="vi-VN",
        timezone_id="Asia/Ho_Chi_Minh",
        has_touch=mobile,
        is_mobile=mobile,
        permissions=["camera", "microphone"],
    )
    await context.add_init_script(CATCH_PEER_CONNECTIONS)
    page = await context.new_page()
    somebody = Person(name, context, page)
    page.on("console", lambda message: somebody.console.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: somebody.console.append(f"pageerror: {error}"))
    page.on("request", lambda request: somebody.hosts.add(urlsplit(request.url).hostname or ""))
    page.on("websocket", lambda socket: somebody.hosts.add(urlsplit(socket.url).hostname or ""))
    return somebody
