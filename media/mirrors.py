"""One room's publications on shards that are not their own: made when somebody there is to be shown one, ended when nobody is.

A mirror has a handle of its own in its shard's engine; layers, levels and taps stay with the publication at home.
"""

from __future__ import annotations

from collections.abc import Collection

from media.host import Host
from media.peer import Publication

#: A mirror that nobody watches ends after this long: who scrolls back finds it.
END_AFTER_US = 5_000_000


class Mirrors:
    """Mirrors of one router."""

    def __init__(self) -> None:
        #: By publication and shard.
        self._handles: dict[tuple[int, int], int] = {}
        self._hosts: dict[int, Host] = {}
        self._unwatched_since_us: dict[tuple[int, int], int] = {}

    def __len__(self) -> int:
        return len(self._handles)

    def handle_on(self, host: Host, publication: Publication) -> int:
        """What `publication` is called in the engine of `host`; a mirror is made where there is none."""
        if host is publication.host:
            return publication.handle
        key = (publication.handle, host.index)
        if key not in self._handles:
            self._hosts[host.index] = host
            self._handles[key] = host.add_mirror(publication)
        self._unwatched_since_us.pop(key, None)
        return self._handles[key]

    def drop(self, publication: Publication) -> None:
        """The publication ended."""
        for key in [k for k in self._handles if k[0] == publication.handle]:
            self._end(key)

    def sweep(self, watched: Collection[tuple[int, int]], now_us: int) -> None:
        """End what has not been watched for a while. `watched`: publication and shard of every route there is."""
        for key in list(self._handles):
            if key in watched:
                self._unwatched_since_us.pop(key, None)
            elif now_us - self._unwatched_since_us.setdefault(key, now_us) >= END_AFTER_US:
                self._end(key)

    def _end(self, key: tuple[int, int]) -> None:
        handle = self._handles.pop(key)
        self._unwatched_since_us.pop(key, None)
        self._hosts[key[1]].core.remove_source(handle)
