"""The roll over REST: read, decide one mark, confirm all, download as a workbook."""

from __future__ import annotations

from aiohttp import web

from server.api.cards import card_of
from server.api.download import attachment
from server.api.edge import answer, decode, lesson_id, signed_in
from server.api.shapes import GapShape, OverrideMark, PeriodResult, Roll, RollRow
from server.events.sheet import MarkOverridden
from server.ids import EnrolmentId
from server.services import Services
from server.services.roll import RollLine, RollView

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SECOND_US = 1_000_000


def routes(services: Services) -> list[web.RouteDef]:
    rolls, sheets = services.roll, services.sheets

    async def read(request: web.Request) -> web.Response:
        view = await rolls.view(signed_in(request), lesson_id(request))
        return answer(await _roll(services, view))

    async def override(request: web.Request) -> web.Response:
        account, lesson = signed_in(request), lesson_id(request)
        await rolls.override(account, lesson, _event(await decode(request, OverrideMark)))
        return answer(await _roll(services, await rolls.view(account, lesson)))

    async def confirm(request: web.Request) -> web.Response:
        account, lesson = signed_in(request), lesson_id(request)
        await rolls.confirm(account, lesson)
        return answer(await _roll(services, await rolls.view(account, lesson)))

    async def workbook(request: web.Request) -> web.Response:
        number, content = await sheets.attendance(signed_in(request), lesson_id(request))
        # Loaded when somebody exports: the server starts sooner without it.
        from server.render.tables import roll_xlsx

        body = roll_xlsx(content.attendance, content.info, number)
        name = f"diem-danh-{content.info.cohort}-{content.info.date.replace('/', '-')}.xlsx"
        return attachment(body, _XLSX, name)

    return [
        web.get("/api/v1/lessons/{id}/roll", read),
        web.post("/api/v1/lessons/{id}/roll/override", override),
        web.post("/api/v1/lessons/{id}/roll/confirm", confirm),
        web.get("/api/v1/lessons/{id}/roll.xlsx", workbook),
    ]


def _event(asked: OverrideMark) -> MarkOverridden:
    return MarkOverridden(
        enrolment=EnrolmentId(asked.enrolment),
        mark=asked.mark,
        flags=list(asked.flags),
        absent_periods_p=asked.absent_p,
        absent_periods_k=asked.absent_k,
        reason=asked.reason,
    )


async def _roll(services: Services, view: RollView) -> Roll:
    attendance = view.source.record.attendance
    return Roll(
        lesson=await card_of(services, view.mine),
        state=view.state,
        confirmed_us=attendance.decided.confirmed_us,
        rows=[_row(line, view.state) for line in view.lines],
        outages=[GapShape(from_us=o.from_us, to_us=o.to_us, reason=o.reason, bridged=True) for o in attendance.outages],
        rule_version=attendance.rule_version,
        may_decide=view.may_decide,
    )


def _row(line: RollLine, state: str) -> RollRow:
    facts, entry, card = line.facts, line.entry, line.member.card
    is_final = state == "confirmed" or entry.decision is not None
    return RollRow(
        enrolment=line.member.enrolment,
        person=card.person,
        name=card.name,
        given_name=card.given_name,
        code=card.code,
        unit=card.unit,
        machine_mark=entry.machine.mark,
        machine_flags=list(entry.machine.flags),
        final_mark=entry.final.mark if is_final else None,
        final_flags=list(entry.final.flags) if is_final else [],
        absent_p=entry.final.absent_p,
        absent_k=entry.final.absent_k,
        first_in_us=facts.first_knock_us,
        last_out_us=facts.last_out_us,
        presence_s=facts.presence_us // _SECOND_US,
        gaps=[GapShape(from_us=g.from_us, to_us=g.to_us, reason=g.reason, bridged=g.bridged) for g in facts.gaps],
        periods=[
            PeriodResult(
                no=p.no,
                present_s=p.present_us // _SECOND_US,
                countable_s=p.countable_us // _SECOND_US,
                attended=p.attended,
                delivered=p.delivered,
            )
            for p in facts.periods
        ],
        roll_calls_answered=facts.roll_calls_answered,
        roll_calls_asked=facts.roll_calls_asked,
        override_reason=entry.decision.reason if entry.decision else "",
        evidence_from_seq=facts.from_seq,
        evidence_to_seq=facts.to_seq,
    )
