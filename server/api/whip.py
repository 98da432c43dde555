"""WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep) over HTTP: an encoder sends, a screen receives, each with a key and one peer connection.

No cookie counts here, only the key of the request, so any page may call (CORS `*`, never with credentials). What happens is services/devices.py's.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from aiohttp import web

from server.api.edge import TooLarge, address_of, lesson_id
from server.api.problem import problem_response
from server.clock import micros
from server.errors import Invalid, Problem, Unauthenticated
from server.identity.turn import TurnServers
from server.ids import LessonId
from server.room.relays import ice_servers
from server.services import Services
from server.services.devices import Restarted, Stay
from server.storage.device_store import DeviceKeyRow

SDP, FRAGMENT = "application/sdp", "application/trickle-ice-sdpfrag"
#: Path's last word → what its key must be for.
PURPOSES = {"whip": "camera", "whep": "screen"}
LARGEST_SDP, LARGEST_FRAGMENT = 64 * 1024, 16 * 1024
_BEARER = re.compile(r"[Bb]earer +([A-Za-z0-9._~+/=-]{1,512})")
_ETAG = re.compile(r'"([^"]*)"')
_DEVICE_PATH = re.compile(r"/api/v1/lessons/[^/]+/(whip|whep)(/[^/]+)?")
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Location, ETag, Link, Accept-Patch, Retry-After, WWW-Authenticate",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
_PREFLIGHT = {
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match",
    "Access-Control-Max-Age": "86400",
}

_Handler = Callable[[web.Request, str], Awaitable[web.Response]]


class WrongMediaType(Problem):
    status = 415


def is_device_path(path: str) -> bool:
    """Whether a path is answered by key alone: no cookie of a browser has any weight there, so no other site can misuse one."""
    return _DEVICE_PATH.fullmatch(path) is not None


def routes(services: Services) -> list[web.RouteDef]:
    async def post(request: web.Request, purpose: str) -> web.Response:
        key = await _key(services, request, purpose)
        _require_type(request, SDP)
        offer = await _text(request, LARGEST_SDP)
        if node := await services.devices.elsewhere(key.lesson):
            return web.Response(status=307, headers={"Location": node.rstrip("/") + request.path})
        return _created(services, request, key, await services.devices.come_in(key, offer))

    async def patch(request: web.Request, purpose: str) -> web.Response:
        key = await _key(services, request, purpose)
        _require_type(request, FRAGMENT)
        text = await _text(request, LARGEST_FRAGMENT)
        restarted = await services.devices.patch(key, request.match_info["resource"], _if_match(request), text)
        return web.Response(status=204) if restarted is None else _restarted(restarted)

    async def delete(request: web.Request, purpose: str) -> web.Response:
        key = await _key(services, request, purpose)
        await services.devices.leave(key, request.match_info["resource"])
        return web.Response(status=200)

    found: list[web.RouteDef] = []
    for word, purpose in PURPOSES.items():
        endpoint = f"/api/v1/lessons/{{id}}/{word}"
        session = endpoint + "/{resource}"
        found += [
            web.post(endpoint, _edge(post, purpose)),
            web.options(endpoint, _edge(_options("POST", {"Accept-Post": SDP}), purpose)),
            web.patch(session, _edge(patch, purpose)),
            web.delete(session, _edge(delete, purpose)),
            web.options(session, _edge(_options("PATCH, DELETE", {"Accept-Patch": FRAGMENT}), purpose)),
            # RFC 9725 §4.2: other methods are kept for later versions.
            web.route("*", endpoint, _edge(_other("OPTIONS, POST"), purpose)),
            web.route("*", session, _edge(_other("OPTIONS, PATCH, DELETE"), purpose)),
        ]
    return found


def _edge(handler: _Handler, purpose: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Refusals carry the same headers as answers: a page must be able to read them, a client to know how to prove itself."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            response = await handler(request, purpose)
        except Problem as problem:
            response = problem_response(problem)
            if isinstance(problem, Unauthenticated):
                response.headers["WWW-Authenticate"] = "Bearer"
        response.headers.update(_CORS)
        response.headers["Cache-Control"] = "no-store"
        return response

    return handle


def _options(methods: str, headers: dict[str, str]) -> _Handler:
    async def options(_request: web.Request, _purpose: str) -> web.Response:
        allowed = {"Allow": f"OPTIONS, {methods}", "Access-Control-Allow-Methods": methods}
        return web.Response(status=200, headers={**_PREFLIGHT, **allowed, **headers})

    return options


def _other(methods: str) -> _Handler:
    async def other(_request: web.Request, _purpose: str) -> web.Response:
        response = problem_response(WrongMethod("request.wrong_method"))
        response.headers["Allow"] = methods
        return response

    return other


class WrongMethod(Problem):
    status = 405


async def _key(services: Services, request: web.Request, purpose: str) -> DeviceKeyRow:
    """The key in `Authorization: Bearer`, if it is good for this path. Raises Problem."""
    found = _BEARER.fullmatch(request.headers.get("Authorization", "").strip())
    if found is None:
        raise Unauthenticated("device.no_key")
    lesson: LessonId = lesson_id(request)
    address = address_of(request, services.settings)
    return await services.devices.keys.check(found.group(1), lesson, purpose, address)


def _require_type(request: web.Request, wanted: str) -> None:
    if request.content_type.lower() != wanted:
        raise WrongMediaType("device.wrong_type", wanted=wanted)


async def _text(request: web.Request, cap: int) -> str:
    """The body. Raises TooLarge, or Invalid for what is no UTF-8."""
    if request.content_length is not None and request.content_length > cap:
        raise TooLarge("request.too_large", most_bytes=cap)
    body = bytearray()
    async for chunk in request.content.iter_chunked(16 * 1024):
        body += chunk
        if len(body) > cap:
            raise TooLarge("request.too_large", most_bytes=cap)
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise Invalid("request.malformed", detail="UTF-8") from error


def _if_match(request: web.Request) -> frozenset[str]:
    """Entity tags of If-Match, without their quotes; `*` as it is. Weak ones never match (RFC 9110 §13.1.1)."""
    given = ",".join(request.headers.getall("If-Match", []))
    if given.strip() == "*":
        return frozenset("*")
    tags = (_ETAG.fullmatch(tag.strip()) for tag in given.split(","))
    found = frozenset(tag.group(1) for tag in tags if tag is not None)
    return found - {"*"} or (frozenset({""}) if given.strip() else frozenset())


def _created(services: Services, request: web.Request, key: DeviceKeyRow, stay: Stay) -> web.Response:
    base = services.settings.public_url.rstrip("/") or f"{request.scheme}://{request.host}"
    response = web.Response(
        body=stay.answer.encode(),
        status=201,
        content_type=SDP,
        headers={
            "Location": f"{base}{request.path}/{stay.resource}",
            "ETag": f'"{stay.generation}"',
            "Accept-Patch": FRAGMENT,
        },
    )
    for link in _ice_links(services, key.id):
        response.headers.add("Link", link)
    return response


def _ice_links(services: Services, name: str) -> list[str]:
    """RFC 9725 §4.6: the school's TURN servers, with a credential of this device's own. None where the school has none."""
    turn = TurnServers(services.settings.turn_urls, services.settings.turn_secret)
    servers = ice_servers(turn, name, micros(services.clock.now()))
    return [
        f'<{url}>; rel="ice-server"; username="{each.username}"; credential="{each.credential}"; '
        'credential-type="password"'
        for each in servers
        for url in each.urls
    ]


def _restarted(restarted: Restarted) -> web.Response:
    return web.Response(
        body=restarted.fragment.encode(), content_type=FRAGMENT, headers={"ETag": f'"{restarted.generation}"'}
    )
