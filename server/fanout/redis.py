"""The fanout of several nodes, over Redis. JSON only: nothing that is read from Redis can become code.

Keys begin with `gd:`. Redis is never the record; `maxmemory-policy noeviction` keeps used tickets used.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.clock import Clock
from server.fanout.face import LEASE_MS, Lease, LeaseLost, Sink, Unreachable
from server.tasks import TaskGroupOf

log = structlog.get_logger("fanout")

#: A message larger than this did not come from us.
_MAX_MESSAGE_BYTES = 1 << 20
_RECONNECT_S = 0.5
_CONFIRM_S = 5
#: Subscribed from the beginning, so that the reader always has something to wait for.
_ALIVE_CHANNEL = "gd:alive"

# KEYS: owner, epoch. ARGV: node, above, lease ms. Gives the new epoch, or 0 while another node owns the room.
_ACQUIRE = """
local owner = redis.call('GET', KEYS[1])
if owner and string.match(owner, '^(.*)|%d+$') ~= ARGV[1] then return 0 end
local epoch = math.max(tonumber(redis.call('GET', KEYS[2]) or '0'), tonumber(ARGV[2])) + 1
redis.call('SET', KEYS[2], string.format('%d', epoch))
redis.call('SET', KEYS[1], ARGV[1] .. '|' .. string.format('%d', epoch), 'PX', ARGV[3])
return epoch
"""
# KEYS: owner, epoch. ARGV: node|epoch, lease ms, epoch. A lease that ran out unnoticed (Redis was away) is taken up again if
# nobody else had the room meanwhile.
_RENEW = """
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
if not owner and tonumber(redis.call('GET', KEYS[2]) or '0') > tonumber(ARGV[3]) then return 0 end
redis.call('SET', KEYS[2], ARGV[3])
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""
# KEYS: bucket. ARGV: rate per second, burst. Time is Redis's own, so that nodes need not agree.
_TAKE = """
local t = redis.call('TIME')
local now = tonumber(t[1]) + tonumber(t[2]) / 1e6
local held = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local burst, rate = tonumber(ARGV[2]), tonumber(ARGV[1])
local tokens = math.min(burst, tonumber(held[1] or burst) + math.max(0, now - tonumber(held[2] or now)) * rate)
local ok = 0
if tokens >= 1 then tokens = tokens - 1; ok = 1 end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(burst / rate * 1000) + 1000)
return ok
"""


def _mark(lease: Lease) -> str:
    return f"{lease.node}|{lease.epoch}"


class RedisFanout:
    """Implements `Fanout` over one Redis, reached by its URL."""

    def __init__(self, url: str, clock: Clock, lease_ms: int = LEASE_MS) -> None:
        self._clock = clock
        self._redis = Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5)
        self._lease_ms = lease_ms
        self._sinks: dict[str, list[Sink]] = {}
        self._confirmed: dict[str, asyncio.Event] = {}
        self._listener = Redis.from_url(url, socket_connect_timeout=5)
        self._pubsub = self._listener.pubsub()
        self._tasks = TaskGroupOf("fanout")

    async def start(self) -> None:
        """Raises `Unreachable` if Redis is not there: a node of several must not begin alone."""
        await self._ask(self._redis.ping())
        await self._ask(self._pubsub.subscribe(_ALIVE_CHANNEL))
        self._tasks.start(self._read(), "read")

    async def close(self) -> None:
        await self._tasks.aclose()
        await self._pubsub.aclose()  # type: ignore[no-untyped-call]
        await self._listener.aclose()
        await self._redis.aclose()

    async def publish(self, topic: str, message: Mapping[str, Any]) -> None:
        await self._ask(self._redis.publish(f"gd:topic:{topic}", msgspec.json.encode(message)))

    async def subscribe(self, topic: str, sink: Sink) -> Callable[[], None]:
        channel = f"gd:topic:{topic}"
        is_new = channel not in self._sinks
        self._sinks.setdefault(channel, []).append(sink)
        if is_new:
            await self._listen_to(channel)

        def stop() -> None:
            sinks = self._sinks.get(channel, [])
            if sink in sinks:
                sinks.remove(sink)
            if not sinks and self._sinks.pop(channel, None) is not None:
                self._confirmed.pop(channel, None)
                self._tasks.start(self._stop_listening_to(channel), "unsubscribe")

        return stop

    async def use_once(self, key: str, ttl_s: int) -> bool:
        return bool(await self._ask(self._redis.set(f"gd:once:{key}", b"1", nx=True, ex=ttl_s)))

    async def acquire(self, room: str, node: str, above: int) -> Lease | None:
        keys = (f"gd:owner:{room}", f"gd:epoch:{room}")
        epoch = int(await self._script(_ACQUIRE, keys, node, above, self._lease_ms))
        return Lease(room, node, epoch) if epoch else None

    async def renew(self, lease: Lease) -> None:
        keys = (f"gd:owner:{lease.room}", f"gd:epoch:{lease.room}")
        if not await self._script(_RENEW, keys, _mark(lease), self._lease_ms, lease.epoch):
            raise LeaseLost(lease.room)

    async def release(self, lease: Lease) -> None:
        await self._script(_RELEASE, (f"gd:owner:{lease.room}",), _mark(lease))

    async def owner(self, room: str) -> str | None:
        held = await self._ask(self._redis.get(f"gd:owner:{room}"))
        return held.decode().rpartition("|")[0] if held else None

    async def take(self, bucket: str, rate_per_s: float, burst: int) -> bool:
        return bool(await self._script(_TAKE, (f"gd:bucket:{bucket}",), rate_per_s, burst))

    async def _script(self, text: str, keys: tuple[str, ...], *values: str | float) -> Any:
        return await self._ask(self._redis.eval(text, len(keys), *keys, *(str(each) for each in values)))

    async def _ask(self, question: Any) -> Any:
        try:
            return await cast(Awaitable[Any], question)
        except (RedisError, OSError, TimeoutError) as error:
            raise Unreachable(str(error)) from error

    async def _listen_to(self, channel: str) -> None:
        confirmed = self._confirmed.setdefault(channel, asyncio.Event())
        await self._ask(self._pubsub.subscribe(channel))
        async with asyncio.timeout(_CONFIRM_S):
            await confirmed.wait()

    async def _stop_listening_to(self, channel: str) -> None:
        if channel not in self._sinks:
            await self._ask(self._pubsub.unsubscribe(channel))

    async def _read(self) -> None:
        is_away = False
        while True:
            try:
                message = await self._pubsub.get_message(timeout=None)
            except (RedisError, OSError) as error:
                if not is_away:
                    log.warning("redis is away", error=str(error))
                is_away = True
                await self._clock.sleep(_RECONNECT_S)
                continue
            is_away = False
            if message is not None:
                self._hand_over(message["type"], message["channel"].decode(), message["data"])

    def _hand_over(self, kind: str, channel: str, data: Any) -> None:
        if kind == "subscribe" and channel in self._confirmed:
            self._confirmed[channel].set()
        if kind != "message" or len(data) > _MAX_MESSAGE_BYTES:
            return
        for sink in tuple(self._sinks.get(channel, ())):
            try:
                sink(msgspec.json.decode(data))
            except Exception:
                log.exception("a subscriber failed", channel=channel)
