"""Evidence of a lesson: its files, its raw events, and everything at once as a bundle."""

from __future__ import annotations

from aiohttp import web

from server.api.edge import answer, lesson_id, path_id, query_number, signed_in
from server.api.shapes import EventPage, EventRow
from server.errors import Invalid
from server.events.stored import Entry, lifted_body
from server.ids import EvidenceId, PersonId
from server.ledger.bundle.layout import plain_name
from server.services import Services
from server.services.evidence import in_chunks

#: Events in one answer.
MOST_EVENTS = 500
#: What a browser may show by itself; everything else is saved.
_SHOWN = frozenset({"image/jpeg", "image/png", "image/webp"})


def routes(services: Services) -> list[web.RouteDef]:
    async def file(request: web.Request) -> web.StreamResponse:
        account, lesson = signed_in(request), lesson_id(request)
        path, filed = await services.evidence.open_file(account, lesson, EvidenceId(path_id(request, "evidence")))
        inline = "inline" if filed.mime in _SHOWN else "attachment"
        headers = {
            "Content-Type": filed.mime,
            "Content-Disposition": f'{inline}; filename="{plain_name(path.name)}"',
            "Cache-Control": "private, no-cache",
            "ETag": f'"{filed.sha256}"',
        }
        return web.FileResponse(path, headers=headers)

    async def events(request: web.Request) -> web.Response:
        person = request.query.get("person") or None
        if person is not None and not (len(person) <= 64 and person.isascii() and person.isprintable()):
            raise Invalid("request.bad_query", name="person")
        page = await services.evidence.events(
            signed_in(request),
            lesson_id(request),
            PersonId(person) if person else None,
            query_number(request, "after", 0, 0, 1 << 31),
            query_number(request, "limit", MOST_EVENTS, 1, MOST_EVENTS),
        )
        rows = [_row(entry) for entry in page.entries]
        return answer(EventPage(events=rows, total=page.total, head_hash=page.head_hash))

    async def bundle(request: web.Request) -> web.StreamResponse:
        account, lesson = signed_in(request), lesson_id(request)
        with_recording = request.query.get("recording") == "1"
        name, packed = await services.evidence.export(account, lesson, with_recording)
        response = web.StreamResponse(
            headers={
                "Content-Type": "application/zip",
                "Content-Disposition": f'attachment; filename="{name}"',
                "Cache-Control": "no-store",
            }
        )
        response.content_length = packed.size
        await response.prepare(request)
        async for chunk in in_chunks(packed):
            await response.write(chunk)
        await response.write_eof()
        return response

    return [
        web.get("/api/v1/lessons/{id}/evidence/{evidence}", file),
        web.get("/api/v1/lessons/{id}/events", events),
        web.get("/api/v1/lessons/{id}/bundle.zip", bundle, allow_head=False),
    ]


def _row(entry: Entry) -> EventRow:
    body: dict[str, object] = lifted_body(entry.body)
    kind = str(body.pop("type"))
    return EventRow(seq=entry.seq, at_us=entry.at_us, type=kind, origin=entry.origin.value, body=body, hash=entry.hash)
