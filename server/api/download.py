"""Files in answers: as attachments, or shown in the page; never kept by caches between here and the browser, never sniffed."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

from aiohttp import web


def attachment(body: bytes, content_type: str, name: str) -> web.Response:
    """A file to save, with its name in UTF-8 (RFC 6266)."""
    return _file(body, content_type, f"attachment; filename*=UTF-8''{quote(name)}")


def inline(request: web.Request, body: bytes, content_type: str, name: str) -> web.Response:
    """A file to show. The browser may keep it and asks again with its ETag: an unchanged one costs nothing."""
    tag = hashlib.sha256(body).hexdigest()[:32]
    if any(etag.value == tag for etag in request.if_none_match or ()):
        return web.Response(status=304, headers={"ETag": f'"{tag}"', "Cache-Control": "private, no-cache"})
    response = _file(body, content_type, f"inline; filename*=UTF-8''{quote(name)}")
    response.headers["ETag"] = f'"{tag}"'
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _file(body: bytes, content_type: str, disposition: str) -> web.Response:
    headers = {
        "Content-Disposition": disposition,
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return web.Response(body=body, content_type=content_type, headers=headers)
