"""The timetable, what prejoin shows, and consent."""

from __future__ import annotations

from aiohttp import web

from server.api.cards import card_of, cards_of
from server.api.edge import answer, decode, lesson_id, query_day, signed_in
from server.api.shapes import Consent, GiveConsent, LessonDetail, Timetable
from server.clock import micros
from server.services import Services
from server.services.planning import ConsentState


def routes(services: Services) -> list[web.RouteDef]:
    planning = services.planning

    async def timetable(request: web.Request) -> web.Response:
        account = signed_in(request)
        from_day = query_day(request, "from", planning.today())
        mine = await planning.timetable(account, from_day, query_day(request, "to", from_day))
        return answer(Timetable(lessons=await cards_of(services, mine), server_time_us=micros(services.clock.now())))

    async def detail(request: web.Request) -> web.Response:
        account = signed_in(request)
        mine = await planning.require(account, lesson_id(request), "lesson.read")
        card = await planning.card(account.person)
        state = await planning.consent(account.person, mine.line.cohort, mine.line.school)
        member = await planning.student_no(account.person, mine.line.cohort)
        return answer(
            LessonDetail(
                card=await card_of(services, mine),
                name=card.name,
                code=member or card.code,
                room_code=mine.line.room_code,
                consent=_consent(state),
                recording=await planning.records(mine.line) and services.settings.recording,
            )
        )

    async def consent(request: web.Request) -> web.Response:
        account = signed_in(request)
        asked = await decode(request, GiveConsent)
        mine = await planning.require(account, lesson_id(request), "lesson.consent")
        await planning.give_consent(account.person, mine, asked.notice_version, asked.purposes)
        return answer(_consent(await planning.consent(account.person, mine.line.cohort, mine.line.school)))

    return [
        web.get("/api/v1/lessons", timetable),
        web.get("/api/v1/lessons/{id}", detail),
        web.post("/api/v1/lessons/{id}/consent", consent),
    ]


def _consent(state: ConsentState) -> Consent:
    return Consent(
        notice_version=state.notice.version,
        notice_vi=state.notice.text_vi,
        notice_en=state.notice.text_en,
        purposes=list(state.notice.purposes),
        given_us=state.given_us,
    )
