"""Problems become acks and refusals here (and responses in api/problem.py). Anything else is our fault: an incident id and a log line."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import msgspec
import structlog
from prometheus_client import Counter
from socketio.exceptions import ConnectionRefusedError

from server.api.shapes import ProblemInfo
from server.errors import Problem

log = structlog.get_logger("realtime")

INCIDENTS = Counter("gd_realtime_incidents", "Commands that failed by our own fault")
PROBLEMS = Counter("gd_realtime_problems", "Commands and connections refused with a problem", ["family"])


def done(seq: int) -> dict[str, Any]:
    """The ack of a command that was carried out."""
    return {"ok": True, "seq": seq}


def refused(error: Exception, what: str) -> dict[str, Any]:
    """`{"problem": …}` for a Problem; for anything else `server.fault` with an incident id that stands in the log too."""
    return {"problem": msgspec.to_builtins(_info(error, what))}


def refusal(error: Exception, what: str) -> ConnectionRefusedError:
    """The same for a CONNECT: the browser finds it as the error's `data`."""
    body = refused(error, what)
    return ConnectionRefusedError(body["problem"]["code"], body)


def _info(error: Exception, what: str) -> ProblemInfo:
    if isinstance(error, Problem):
        PROBLEMS.labels(family=error.code.partition(".")[0]).inc()
        return ProblemInfo(code=error.code, params=dict(_plain(error.params)))
    incident = secrets.token_hex(6)
    INCIDENTS.inc()
    log.error("command failed", incident=incident, what=what, exc_info=error)
    return ProblemInfo(code="server.fault", params={}, incident=incident)


def _plain(params: Mapping[str, str | int | bool]) -> dict[str, str | int | bool]:
    return dict(params)
