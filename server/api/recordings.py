"""A lesson's recording: what the player shows, and its files with HTTP ranges. Every look is recorded, every file read is logged."""

from __future__ import annotations

from aiohttp import web

from server.api.cards import card_of
from server.api.edge import answer, lesson_id, signed_in
from server.api.shapes import Chapter, ChatLine, Recording, RecordingGapShape, Track
from server.errors import NotFound
from server.services import Services
from server.services.recording_reader import RecordingReader, TrackOf, Viewed


def routes(services: Services) -> list[web.RouteDef]:
    def reader() -> RecordingReader:
        if services.recording_reader is None:
            raise NotFound("request.no_such_path")
        return services.recording_reader

    async def recording(request: web.Request) -> web.Response:
        viewed = await reader().view(signed_in(request), lesson_id(request))
        return answer(await _shape(services, viewed))

    async def file(request: web.Request) -> web.StreamResponse:
        lesson = lesson_id(request)
        path, mime = await reader().file(signed_in(request), lesson, request.match_info["file"])
        # Kept by nobody but the browser that asked, and asked again before use: a right may have ended.
        headers = {"Content-Type": mime, "Cache-Control": "private, no-cache", "Content-Disposition": "inline"}
        return web.FileResponse(path, headers=headers)

    return [
        web.get("/api/v1/lessons/{id}/recording", recording),
        web.get("/api/v1/lessons/{id}/recording/{file}", file),
    ]


async def _shape(services: Services, viewed: Viewed) -> Recording:
    return Recording(
        lesson=await card_of(services, viewed.mine),
        state=viewed.state,
        duration_ms=viewed.duration_ms,
        tracks=[_track(viewed, each) for each in viewed.tracks],
        gaps=[RecordingGapShape(from_ms=g.from_ms, to_ms=g.to_ms, reason=g.reason) for g in viewed.gaps],
        chapters=[Chapter(at_ms=c.at_ms, title=c.title) for c in viewed.chapters],
        chat=[ChatLine(at_ms=c.at_ms, name=viewed.names[c.person].name, text=c.text) for c in viewed.chat],
        watermark=viewed.watermark,
        manifest_sha256=viewed.manifest_sha256,
    )


def _track(viewed: Viewed, each: TrackOf) -> Track:
    card = each.card
    return Track(
        url=f"/api/v1/lessons/{viewed.mine.line.id}/recording/{each.track.file_name}",
        person_name=f"{card.title} {card.name}".strip(),
        participant=card.person,
        role=each.track.role,
        kind=each.track.kind,
        mime=each.track.mime,
        start_ms=each.track.start_ms,
        end_ms=each.track.end_ms,
    )
