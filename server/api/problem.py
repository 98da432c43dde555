"""Problems become responses here (and for sockets in realtime/acks.py). What is no Problem is our fault: an incident id, a log line, a count."""

from __future__ import annotations

import secrets

import msgspec
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from prometheus_client import Counter

from server.api.shapes import ProblemBody, ProblemInfo
from server.errors import Problem

log = structlog.get_logger("api")

INCIDENTS = Counter("gd_api_incidents", "Requests that failed by our own fault")
PROBLEMS = Counter("gd_api_problems", "Requests refused with a problem", ["family"])

#: What aiohttp itself refuses, in our words.
_HTTP_CODES = {404: "request.no_such_path", 405: "request.wrong_method", 413: "request.too_large"}


def problem_response(problem: Problem) -> web.Response:
    PROBLEMS.labels(family=problem.code.partition(".")[0]).inc()
    response = _response(problem.status, ProblemInfo(code=problem.code, params=dict(problem.params)))
    if isinstance(retry_after_s := problem.params.get("retry_after_s"), int):
        response.headers["Retry-After"] = str(retry_after_s)
    return response


def _response(status: int, info: ProblemInfo) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(ProblemBody(problem=info)),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Outermost middleware. Redirects pass; other HTTP errors under /api become problems."""
    try:
        return await handler(request)
    except Problem as problem:
        return problem_response(problem)
    except web.HTTPException as error:
        if error.status < 400 or not request.path.startswith("/api/"):
            raise
        return _response(error.status, ProblemInfo(code=_HTTP_CODES.get(error.status, "request.refused"), params={}))
    except (ConnectionResetError, TimeoutError):
        # The browser went away in the middle of its request: nobody is left to answer.
        raise
    except Exception:
        incident = secrets.token_hex(6)
        INCIDENTS.inc()
        log.exception("request failed", incident=incident, method=request.method, route=_route(request))
        return _response(500, ProblemInfo(code="server.fault", params={}, incident=incident))


def _route(request: web.Request) -> str:
    """The pattern of the path, not the path: that may hold ids, keys and names."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else "(none)"
