"""WHIP and WHEP in few lines, for servers under test: POST an offer, get the answer; DELETE is accepted. No keys, no school."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from itertools import count

from aiohttp import web

#: (number of the peer, its offer, publishes?) → the answer.
Join = Callable[[int, str, bool], str]


async def serve(ip: str, join: Join, leave: Callable[[int], None]) -> None:
    """Serve until standard input ends; the first line printed is {"port": …}."""
    numbers = count(1)

    async def post(request: web.Request) -> web.Response:
        number = next(numbers)
        answer = join(number, await request.text(), request.path.startswith("/whip"))
        location = {"Location": f"/peers/{number}"}
        return web.Response(text=answer, status=201, content_type="application/sdp", headers=location)

    async def delete(request: web.Request) -> web.Response:
        leave(int(request.match_info["number"]))
        return web.Response()

    async def tasks(_: web.Request) -> web.Response:
        return web.json_response({"tasks": len(asyncio.all_tasks())})

    app = web.Application()
    app.add_routes(
        [
            # Some clients name a room; there is only one.
            *(web.post(f"/{word}{room}", post) for word in ("whip", "whep") for room in ("", "/{room}")),
            web.delete("/peers/{number}", delete),
            web.get("/tasks", tasks),
        ]
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, ip, 0)
    await site.start()
    print(json.dumps({"port": runner.addresses[0][1]}), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await runner.cleanup()
