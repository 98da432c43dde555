"""The lines of `tests.load.far_side` as a process: for each a TUN device here, one in a namespace that it makes, packets carried between them.

It ends with its standard input.
"""

from __future__ import annotations

import asyncio
import ctypes
import fcntl
import json
import os
import struct
import subprocess
import sys
from random import Random

from tests.kit.udp_relay import Link
from tests.load.far_side import NEAR, QUEUE_S, LineShape, far_address

_TUNSETIFF, _IFF_TUN, _IFF_NO_PI, _CLONE_NEWNET = 0x400454CA, 0x0001, 0x1000, 0x40000000
_LARGEST = 2048


def tun(name: str, own: str, peer: str) -> int:
    """A TUN device with an address and that of its other end, up; its descriptor."""
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH", name.encode(), _IFF_TUN | _IFF_NO_PI))
    subprocess.run(["ip", "addr", "add", own, "peer", peer, "dev", name], check=True)
    subprocess.run(["ip", "link", "set", name, "up", "mtu", "1500"], check=True)
    return device


def carry(loop: asyncio.AbstractEventLoop, source: int, target: int, link: Link) -> None:
    """Whatever comes out of one device goes into the other, when the line lets it."""
    random = Random(1)

    def deliver(data: bytes) -> None:
        try:
            os.write(target, data)
        except OSError:
            return  # no room on the device: lost, as anywhere

    def readable() -> None:
        while True:
            try:
                data = os.read(source, _LARGEST)
            except BlockingIOError:
                return
            out = link.departure(data, loop.time(), random)
            if out is not None:
                loop.call_at(out, deliver, data)

    loop.add_reader(source, readable)


async def main(shape: LineShape, lines: int) -> None:
    nears = [tun(f"near{n}", NEAR, far_address(n)) for n in range(lines)]
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNET):
        raise SystemExit(f"no network namespace: {os.strerror(ctypes.get_errno())}")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    fars = [tun(f"far{n}", far_address(n), NEAR) for n in range(lines)]
    subprocess.run(["ip", "route", "add", "default", "dev", "far0"], check=True)
    for n in range(1, lines):
        subprocess.run(["ip", "link", "set", f"far{n}", "down"], check=True)
    loop = asyncio.get_running_loop()
    queue = int(shape.rate_bps / 8 * QUEUE_S)
    for near, far in zip(nears, fars, strict=True):
        for source, target in ((near, far), (far, near)):
            carry(loop, source, target, Link(delay_s=shape.rtt_s / 2, rate_bps=shape.rate_bps, queue_bytes=queue))
    print("{}", flush=True)
    ended = asyncio.Event()
    loop.add_reader(sys.stdin, ended.set)
    await ended.wait()


if __name__ == "__main__":
    asyncio.run(main(LineShape(**json.loads(sys.argv[1])), int(sys.argv[2])))
