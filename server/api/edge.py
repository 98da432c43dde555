"""What every REST handler uses: who asks, what they sent, what they get. Raises Problems; api/problem.py turns them into responses."""

from __future__ import annotations

import re
from datetime import date
from typing import TypeVar

import msgspec
from aiohttp import web

from server.api.shapes import Body
from server.errors import Invalid, NotFound, Problem, Unauthenticated
from server.identity.account import Account
from server.ids import LessonId
from server.settings import Settings

#: The largest JSON body that any request of the REST edge needs; the largest shape (a sheet's field) is 8,000 characters.
LARGEST_BODY = 64 * 1024
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

#: The character NUL inside a JSON text: PostgreSQL cannot hold it, and no text that people write has it.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")

T = TypeVar("T")

#: Set by the guard for every request under /api; the problem says why a cookie was no good.
ACCOUNT = web.RequestKey("account", Account)
ACCOUNT_PROBLEM = web.RequestKey("account_problem", str)


class TooLarge(Problem):
    status = 413


def account_of(request: web.Request) -> Account | None:
    """The signed-in account, or None."""
    return request.get(ACCOUNT)


def signed_in(request: web.Request) -> Account:
    """The signed-in account. Raises Unauthenticated, with the code that tells the client whether refreshing may help."""
    account = account_of(request)
    if account is None:
        raise Unauthenticated(request.get(ACCOUNT_PROBLEM, "auth.required"))
    return account


def address_of(request: web.Request, settings: Settings) -> str:
    """The browser's address, for limits. Behind the school's proxy it is the last one that the proxy added."""
    if settings.behind_proxy:
        forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if forwarded:
            return forwarded[:64]
    return request.remote or ""


async def decode(request: web.Request, shape: type[T], cap: int = LARGEST_BODY) -> T:
    """The JSON body as `shape`. Raises TooLarge, or Invalid `request.malformed` with the place and reason."""
    if request.content_length is not None and request.content_length > cap:
        raise TooLarge("request.too_large", most_bytes=cap)
    body = bytearray()
    async for chunk in request.content.iter_chunked(16 * 1024):
        body += chunk
        if len(body) > cap:
            raise TooLarge("request.too_large", most_bytes=cap)
    if _NUL.search(body):
        raise Invalid("request.malformed", detail="NUL")
    try:
        return msgspec.json.decode(bytes(body), type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid("request.malformed", detail=str(error)[:200]) from error


def answer(body: Body, status: int = 200) -> web.Response:
    """A shape as JSON. Answers are about one person, now: nothing may keep them."""
    return web.Response(
        body=msgspec.json.encode(body),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


def done() -> web.Response:
    """Nothing to say."""
    return web.Response(status=204, headers={"Cache-Control": "no-store"})


def is_id(text: str) -> bool:
    """Whether a text is an id in the one form that we give out."""
    return _ID.fullmatch(text) is not None


def path_id(request: web.Request, name: str = "id") -> str:
    """An id from the path, in the one form that we give out. Raises NotFound for anything else."""
    value = request.match_info[name]
    if not is_id(value):
        raise NotFound("request.no_such_path")
    return value


def lesson_id(request: web.Request) -> LessonId:
    return LessonId(path_id(request))


def query_day(request: web.Request, name: str, default: date) -> date:
    """An ISO date of the query. Raises Invalid."""
    text = request.query.get(name)
    if text is None:
        return default
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Invalid("request.bad_query", name=name) from error


def query_number(request: web.Request, name: str, default: int, least: int, most: int) -> int:
    """A whole number of the query. Raises Invalid when it is none or out of bounds."""
    text = request.query.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,12}", text) or not least <= int(text) <= most:
        raise Invalid("request.bad_query", name=name)
    return int(text)
