"""A network of its own for one browser of a live school: its media goes through a `UdpRelay`, its pages and socket as ever.

The answer's candidates are replaced inside the page, before the browser sees them, so neither client nor server knows.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.kit.browser import Person
from tests.kit.udp_relay import Link, UdpRelay

#: UDP host candidates of every answer lead to the relay; others (TCP) are taken away.
REROUTE = """
([ip, port]) => {
  const take = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function (description) {
    const sdp = description.sdp
      .replace(/a=candidate:.* tcp .*\\r\\n/gi, '')
      .replace(/(a=candidate:\\S+ 1 udp \\d+) \\S+ \\d+ /gi, `$1 ${ip} ${port} `);
    return take.call(this, { type: description.type, sdp });
  };
}
"""


@asynccontextmanager
async def own_network(
    somebody: Person, udp_port: int, up: Link | None = None, down: Link | None = None
) -> AsyncIterator[UdpRelay]:
    """To be entered before the person opens a page. The school has one shard (GD_MEDIA_SHARDS=1), thus one port."""
    async with UdpRelay(("127.0.0.1", udp_port), up, down) as relay:
        ip, port = relay.address
        await somebody.context.add_init_script(f"({REROUTE.strip()})(['{ip}', {port}])")
        yield relay
