"""What nodes share while they run: pushes by topic, used tickets, who owns which room, counters of requests.

Nothing here is a record: all of it may be lost, and then a node asks again. JSON only crosses it.
RedisFanout is in redis.py: loaded only where a school runs several nodes.
"""

from server.fanout.face import Fanout, Lease, LeaseLost, Sink, Unreachable
from server.fanout.in_process import InProcessFanout

__all__ = ["Fanout", "InProcessFanout", "Lease", "LeaseLost", "Sink", "Unreachable"]
