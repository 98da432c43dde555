"""`giangduong load`: puts a class's worth of packets on a running server, by WHIP and WHEP, and says whether it is enough. Stops by itself.

Only for one's own server: its address is loopback or private, keys come from `giangduong device-key`, and sizes and time are bounded.
"""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import json
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from server.local_process import cpu_ns, listeners

if TYPE_CHECKING:
    from media.load.capacity import Outcome

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

NOT_ENOUGH, BAD_WISH = 1, 2


class BadWish(Exception):
    """What was asked for cannot be done; the text says why."""


@dataclass(frozen=True, slots=True)
class Door:
    """A WHIP or WHEP endpoint and a key for it."""

    url: str
    key: str


def add_parser(subparsers: Subparsers) -> None:
    load = subparsers.add_parser("load", help="check before term whether this server carries a class of this size")
    load.add_argument(
        "--keys", type=Path, metavar="FILE", help="JSON lines of `giangduong device-key --count`: cameras and screens"
    )
    load.add_argument(
        "--url",
        default="",
        help="instead of --keys: address before /whip and /whep of a server where a key admits many",
    )
    load.add_argument("--key", default="", help="the key for --url")
    load.add_argument("--publishers", type=int, default=1, help="cameras (at most 9)")
    load.add_argument("--subscribers", type=int, default=100, help="receivers (at most 500)")
    load.add_argument("--seconds", type=float, default=30.0, help="measured time (at most 300)")
    load.add_argument("--sound", action="store_true", help="cameras have sound; their keys must allow it")
    load.add_argument("--sound-only", action="store_true", help="sound without pictures")
    load.add_argument("--lang", choices=("vi", "en"), default="vi")
    load.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    """Exit status 0: enough; 1: not enough; 2: could not be tried."""
    from media.load.peers import JoinFailed

    try:
        cameras, screens = _doors(parsed)
        _check_bounds(parsed, cameras, screens)
        host = _own_host(cameras[0].url)
    except BadWish as wish:
        print(f"giangduong: {wish}", file=sys.stderr)
        return BAD_WISH
    try:
        outcome, percent = asyncio.run(_try(parsed, cameras, screens, host))
    except (JoinFailed, TimeoutError, OSError) as error:
        print(f"giangduong: {error}", file=sys.stderr)
        return BAD_WISH
    for line in told(outcome, percent, parsed.subscribers, parsed.lang):
        print(line)
    return 0 if outcome.is_enough else NOT_ENOUGH


def _doors(parsed: argparse.Namespace) -> tuple[list[Door], list[Door]]:
    """Endpoints for cameras and for screens, one per peer."""
    if parsed.url:
        base = parsed.url.rstrip("/")
        cameras, screens = Door(f"{base}/whip", parsed.key), Door(f"{base}/whep", parsed.key)
        return [cameras] * parsed.publishers, [screens] * parsed.subscribers
    if parsed.keys is None:
        raise BadWish("--keys FILE or --url is needed; `giangduong device-key --count N` makes keys")
    try:
        lines = [json.loads(line) for line in parsed.keys.read_text().splitlines() if line.strip()]
        doors = [Door(str(line["url"]), str(line["key"])) for line in lines]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadWish(f"{parsed.keys} cannot be read as JSON lines with url and key ({error})") from error
    cameras_found = [door for door in doors if door.url.endswith("/whip")]
    screens_found = [door for door in doors if door.url.endswith("/whep")]
    for what, found, wanted in (
        ("camera", cameras_found, parsed.publishers),
        ("screen", screens_found, parsed.subscribers),
    ):
        if len(found) < wanted:
            raise BadWish(f"{parsed.keys} has {len(found)} {what} keys, {wanted} are needed")
    return cameras_found[: parsed.publishers], screens_found[: parsed.subscribers]


def _check_bounds(parsed: argparse.Namespace, cameras: list[Door], screens: list[Door]) -> None:
    from media.load.capacity import MAX_PUBLISHERS, MAX_SECONDS, MAX_SUBSCRIBERS

    if not 1 <= len(cameras) <= MAX_PUBLISHERS:
        raise BadWish(f"--publishers is 1 to {MAX_PUBLISHERS}")
    if not 1 <= len(screens) <= MAX_SUBSCRIBERS:
        raise BadWish(f"--subscribers is 1 to {MAX_SUBSCRIBERS}")
    if not 1 <= parsed.seconds <= MAX_SECONDS:
        raise BadWish(f"--seconds is 1 to {MAX_SECONDS:.0f}")


def _own_host(url: str) -> str:
    """The server's address, which must be this machine's or the school's own network's."""
    name = urlsplit(url).hostname or ""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_DGRAM)
    except OSError as error:
        raise BadWish(f"{url}: no such host") from error
    address = ipaddress.ip_address(found[0][4][0])
    if not (address.is_loopback or address.is_private or address.is_link_local):
        raise BadWish(
            f"{address} is a public address; load may be put only on this machine or the school's own network"
        )
    return str(address)


async def _try(
    parsed: argparse.Namespace, cameras: list[Door], screens: list[Door], host: str
) -> tuple[Outcome, float | None]:
    """The outcome, and the server's percent of a core if it runs on this machine."""
    import aiohttp

    from media.load.capacity import Wish, check
    from media.load.peers import Audio, Video
    from media.load.whip import WhipSignalling

    pids = listeners(urlsplit(cameras[0].url).port or 80) if ipaddress.ip_address(host).is_loopback else []
    cpu: list[int] = []
    everywhere = "::" if ":" in host else "0.0.0.0"  # noqa: S104 - sockets of clients, each connected to the server
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        wish = Wish(
            [WhipSignalling(http, door.url, door.key) for door in cameras],
            [WhipSignalling(http, door.url, door.key) for door in screens],
            parsed.seconds,
            None if parsed.sound_only else Video(),
            Audio() if parsed.sound or parsed.sound_only else None,
        )
        outcome = await check(everywhere, wish, *[lambda: cpu.append(cpu_ns(pids))] * 2)
    return outcome, (cpu[1] - cpu[0]) / 1e7 / parsed.seconds if pids and len(cpu) == 2 else None


def told(outcome: Outcome, percent: float | None, wanted: int, lang: str) -> list[str]:
    """The outcome in sentences."""
    words = _WORDS[lang]
    lines = [
        words["joined"].format(joined=outcome.joined, wanted=wanted),
        words["rate"].format(rate=outcome.packets_per_s, mbps=outcome.mbps),
        words["loss"].format(loss=outcome.loss * 100, wrong=outcome.wrong),
        words["late"].format(p50=outcome.p50_ms, p99=outcome.p99_ms, worst=outcome.max_ms),
    ]
    if percent is not None:
        lines.append(words["cpu"].format(percent=percent))
    if outcome.unheard:
        lines.append(words["unheard"].format(unheard=outcome.unheard))
    lines += [words["refused"].format(reason=reason) for reason in sorted(set(outcome.refusals))[:3]]
    return [*lines, words["enough" if outcome.is_enough else "not_enough"]]


_WORDS = {
    "vi": {
        "joined": "Vào được: {joined}/{wanted} người nhận.",
        "rate": "Máy chủ gửi {rate:.0f} gói/giây ({mbps:.1f} Mbit/s).",
        "loss": "Mất {loss:.3f} % số gói; {wrong} gói sai.",
        "late": "Độ trễ chuyển tiếp: một nửa dưới {p50:.1f} ms, 99 % dưới {p99:.1f} ms, lâu nhất {worst:.0f} ms.",
        "cpu": "Máy chủ dùng {percent:.0f} % một nhân CPU.",
        "unheard": "{unheard} người nhận không nhận được gì.",
        "refused": "Bị từ chối: {reason}",
        "enough": "Kết luận: máy chủ ĐỦ SỨC cho lớp cỡ này.",
        "not_enough": "Kết luận: máy chủ KHÔNG đủ sức cho lớp cỡ này; hãy giảm số người hoặc dùng máy mạnh hơn.",
    },
    "en": {
        "joined": "Let in: {joined} of {wanted} receivers.",
        "rate": "The server sends {rate:.0f} packets/s ({mbps:.1f} Mbit/s).",
        "loss": "{loss:.3f} % of packets lost; {wrong} wrong packets.",
        "late": "Forwarding takes: half below {p50:.1f} ms, 99 % below {p99:.1f} ms, {worst:.0f} ms at worst.",
        "cpu": "The server takes {percent:.0f} % of a core.",
        "unheard": "{unheard} receivers got nothing.",
        "refused": "Refused: {reason}",
        "enough": "Verdict: this server is ENOUGH for a class of this size.",
        "not_enough": "Verdict: this server is NOT enough for a class of this size; fewer people, or a stronger machine.",
    },
}
