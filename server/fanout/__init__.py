"""What nodes share while they run: pushes by topic, used tickets, who owns which room, counters of requests.

Nothing here is a record: all of it may be lost, and then a node asks again. JSON only crosses it.
"""

from server.fanout.face import Fanout, Lease, LeaseLost, Sink, Unreachable
from server.fanout.in_process import InProcessFanout
from server.fanout.redis import RedisFanout

__all__ = ["Fanout", "InProcessFanout", "Lease", "LeaseLost", "RedisFanout", "Sink", "Unreachable"]
