"""What live lessons run on, chosen by the settings: how nodes share, which relay, under which name this node is known."""

from __future__ import annotations

import structlog

from media.face import Relay
from server.clock import Clock
from server.fanout import Fanout, InProcessFanout
from server.settings import Settings

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
    bind_ip = "127.0.0.1" if settings.host == "localhost" else settings.host
    return MediaRelay(MediaSettings(bind_ip=bind_ip, udp_port=settings.udp_port, announced_ips=settings.announced_ips))
