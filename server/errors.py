"""What a caller can cause and be told about.

A `Problem` is the caller's to solve: it carries a code, and the client chooses the sentence. It becomes a response at two
edges only (api/problem.py, realtime/acks.py). Everything else that is raised is ours: an incident id, a log line, a count.

    Problem
    ├── Refused      who you are or what you may do (401, 403)
    ├── NotFound     there is no such thing, or not for you (404)
    ├── Conflict     the thing is in a state that does not allow it (409)
    ├── Invalid      the input itself is wrong (400, 422)
    └── Overloaded   right request, wrong moment (429)
        └── Unavailable  … and it is the server that has no room (503)
"""

from __future__ import annotations

from collections.abc import Mapping

ParamValue = str | int | bool


class Problem(Exception):
    """A named reason why a request was not carried out. `code` is `family.reason`; `params` fill the sentence."""

    status = 400

    def __init__(self, code: str, **params: ParamValue) -> None:
        super().__init__(code)
        self.code = code
        self.params: Mapping[str, ParamValue] = params


class Refused(Problem):
    """Not signed in (`unauthenticated` → 401) or not allowed (403)."""

    status = 403


class Unauthenticated(Refused):
    status = 401


class NotFound(Problem):
    status = 404


class Conflict(Problem):
    status = 409


class Invalid(Problem):
    status = 422


class Overloaded(Problem):
    """Too many requests or no capacity; `retry_after_s` may be among the params."""

    status = 429


class Unavailable(Overloaded):
    status = 503
