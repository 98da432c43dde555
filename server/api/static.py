"""Serves the built browser client: hashed files for ever, `index.html` fresh for every other path (the client routes by history).

The addresses of a lesson get `lesson.html`, the same page that asks at once for all that joining needs.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from pathlib import Path

from aiohttp import web

from server.api.cookies import CSRF_COOKIE
from server.errors import NotFound
from server.services import Services

#: Names with a content hash, as the client's build makes them.
_HASHED = re.compile(r"assets/[\w.\-]+-[\w\-]{6,}\.\w+")
_LESSON = re.compile(r"lessons/[0-9a-f\-]{36}(/room)?")
_PAGES = ("index.html", "lesson.html")
_NAME = re.compile(r"[\w.\-]+(/[\w.\-]+)*")
FOR_EVER = "public, max-age=31536000, immutable"

NOT_BUILT = """<!doctype html><html lang="vi"><meta charset="utf-8"><title>Giảng Đường</title>
<body style="font:16px/1.5 sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem">
<h1>Giao diện chưa được dựng</h1>
<p>Máy chủ đang chạy, nhưng chưa có giao diện trình duyệt. Hãy dựng một lần, rồi tải lại trang này:</p>
<pre>cd static_client &amp;&amp; npm ci &amp;&amp; npm run build</pre>
<hr><h2 lang="en">The client is not built</h2>
<p lang="en">The server runs, but the browser client has not been built yet. Build it once with the command above and reload.</p>
</body></html>"""


def routes(services: Services) -> list[web.RouteDef]:
    root = services.settings.client_dir.resolve()

    async def page(request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        if path.startswith(("api/", "socket.io/")):
            raise NotFound("request.no_such_path")
        file = await asyncio.to_thread(_file, root, path)
        if file is not None:
            cache = FOR_EVER if _HASHED.fullmatch(path) else "no-cache"
            return web.FileResponse(file, headers={"Cache-Control": cache})
        if path.startswith("assets/"):
            raise web.HTTPNotFound(text="404")
        return await _index(request)

    async def _index(request: web.Request) -> web.StreamResponse:
        index, ahead = root / "index.html", root / "lesson.html"
        is_lesson = _LESSON.fullmatch(request.match_info["path"]) is not None
        if is_lesson and await asyncio.to_thread(ahead.is_file):
            index = ahead
        if not await asyncio.to_thread(index.is_file):
            return web.Response(text=NOT_BUILT, status=503, content_type="text/html", charset="utf-8")
        response = web.FileResponse(index, headers={"Cache-Control": "no-cache"})
        if CSRF_COOKIE not in request.cookies:
            response.set_cookie(
                CSRF_COOKIE, secrets.token_urlsafe(24), samesite="Lax", secure=services.settings.secure_cookies
            )
        return response

    return [web.get("/{path:.*}", page)]


def _file(root: Path, path: str) -> Path | None:
    """The file of a path, if it is one of the client's. Dots cannot lead out of the folder, nor can links."""
    if not _NAME.fullmatch(path) or path in _PAGES:
        return None
    file = (root / path).resolve()
    return file if file.is_relative_to(root) and file.is_file() else None
