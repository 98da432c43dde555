"""What live lessons run on, chosen by the settings: how nodes share, which relay, under which name this node is known."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from media.face import Relay
from server.clock import Clock
from server.fanout import Fanout, InProcessFanout
from server.identity.turn import turn_ips
from server.settings import Settings, is_loopback

log = structlog.get_logger("live")


def node_name(settings: Settings) -> str:
    """This node among others: its address. A single node needs no name."""
    return settings.base_url if settings.redis_url else ""


def make_fanout(settings: Settings, clock: Clock) -> Fanout:
    """Redis when a URL is set, else this process alone."""
    if not settings.redis_url:
        return InProcessFanout(clock)
    from server.fanout.redis import RedisFanout

    return RedisFanout(settings.redis_url, clock)


def make_relay(settings: Settings) -> Relay | None:
    """The media relay; None where the packet engine has not been built: lessons then run without sound and picture."""
    try:
        from media.config import MediaSettings
        from media.relay import MediaRelay
    except ImportError as error:
        log.error("no packet engine: lessons run without media", reason=str(error))
        return None
    return MediaRelay(
        MediaSettings(
            bind_ips=media_addresses(settings.host, settings.announced_ips),
            udp_port=settings.udp_port,
            shards=settings.media_shards,
            max_peers=settings.max_peers,
            tcp=settings.media_tcp,
            announced_ips=settings.announced_ips,
            announced_tcp_port=settings.announced_tcp_port,
            turn_ips=turn_ips(settings.turn_urls),
        )
    )


def media_addresses(host: str, announced: Sequence[str] = ()) -> tuple[str, ...]:
    """Where media are listened for: the web server's own address; all of both families when that is all addresses, or when
    addresses are announced that reach this machine from outside (pages then stand behind a proxy).
    """
    if host in ("0.0.0.0", "::", "") or any(not is_loopback(ip) for ip in announced):  # noqa: S104
        return ("0.0.0.0", "::")  # noqa: S104
    return ("127.0.0.1",) if host == "localhost" else (host,)
