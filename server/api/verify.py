"""What the QR picture on a printed sheet leads to. Open to everybody, so it names nobody."""

from __future__ import annotations

from aiohttp import web

from server.api.edge import answer
from server.api.shapes import Verification
from server.services import Services

LONGEST_CODE = 64


def routes(services: Services) -> list[web.RouteDef]:
    async def verify(request: web.Request) -> web.Response:
        typed = request.match_info["code"]
        verified = await services.verifications.by_code(typed) if len(typed) <= LONGEST_CODE else None
        if verified is None:
            return answer(_unknown())
        sheet, version = verified.sheet, verified.version
        return answer(
            Verification(
                found=True,
                number=sheet.number,
                state=sheet.state if version.version == sheet.version else "superseded",
                version=version.version,
                content_sha256=version.content_sha256,
                pdf_sha256=version.pdf_sha256,
                head_hash=version.head_hash,
                events=version.events,
                sealed=verified.sealed,
                lesson_date=verified.lesson_day,
            )
        )

    return [web.get("/api/v1/verify/{code}", verify)]


def _unknown() -> Verification:
    """No such sheet. An answer, not a problem: the page says so in its own words."""
    return Verification(
        found=False,
        number="",
        state="",
        version=0,
        content_sha256="",
        pdf_sha256="",
        head_hash="",
        events=0,
        sealed=False,
        lesson_date="",
    )
