"""The tracking sheet over REST: read, save a field, confirm, send, print, and the pages of the preview."""

from __future__ import annotations

from aiohttp import web

from server.api.cards import card_of
from server.api.download import inline
from server.api.edge import answer, decode, done, lesson_id, query_number, signed_in
from server.api.shapes import EvidenceRow, SaveSheetField, SheetFact, SheetField, SheetShape
from server.errors import NotFound
from server.services import Services
from server.services.sheets import SheetView
from server.sheet.fields import FieldSpec
from server.sheet.projection import Filed

#: Resolution of the preview, dots per inch: what a reader's screen needs at 100 %, and the bounds of zooming.
PPI, LEAST_PPI, MOST_PPI = 110, 72, 220


def routes(services: Services) -> list[web.RouteDef]:
    sheets = services.sheets

    async def read(request: web.Request) -> web.Response:
        return answer(await _sheet(services, await sheets.view(signed_in(request), lesson_id(request))))

    async def save(request: web.Request) -> web.Response:
        account, lesson = signed_in(request), lesson_id(request)
        asked = await decode(request, SaveSheetField)
        await sheets.save_field(account, lesson, asked.key, asked.text)
        return done()

    async def confirm(request: web.Request) -> web.Response:
        account, lesson = signed_in(request), lesson_id(request)
        await sheets.confirm(account, lesson)
        return answer(await _sheet(services, await sheets.view(account, lesson)))

    async def send(request: web.Request) -> web.Response:
        account, lesson = signed_in(request), lesson_id(request)
        await sheets.send(account, lesson)
        return answer(await _sheet(services, await sheets.view(account, lesson)))

    async def pdf(request: web.Request) -> web.Response:
        again = query_number(request, "reprint", 0, 0, 1) == 1
        name, body = await sheets.pdf(signed_in(request), lesson_id(request), reprint=again)
        return inline(request, body, "application/pdf", name)

    async def page(request: web.Request) -> web.Response:
        view = await sheets.view(signed_in(request), lesson_id(request))
        ppi = query_number(request, "ppi", PPI, LEAST_PPI, MOST_PPI)
        pages = await sheets.pages(view, ppi)
        number = int(request.match_info["n"])
        if not 1 <= number <= len(pages):
            raise NotFound("sheet.no_such_page", pages=len(pages))
        return inline(request, pages[number - 1], "image/png", f"{view.row.number}-{number}.png")

    return [
        web.get("/api/v1/lessons/{id}/sheet", read),
        web.put("/api/v1/lessons/{id}/sheet/fields", save),
        web.post("/api/v1/lessons/{id}/sheet/confirm", confirm),
        web.post("/api/v1/lessons/{id}/sheet/send", send),
        web.get("/api/v1/lessons/{id}/sheet.pdf", pdf),
        web.get("/api/v1/lessons/{id}/sheet/pages/{n:[0-9]{1,3}}.png", page),
    ]


async def _sheet(services: Services, view: SheetView) -> SheetShape:
    folder = f"/api/v1/lessons/{view.row.lesson}"
    return SheetShape(
        id=view.row.id,
        number=view.row.number,
        lesson=await card_of(services, view.mine),
        state=view.state.value,
        version=view.source.version,
        facts=[
            SheetFact(
                key=fact.key,
                label_vi=fact.label_vi,
                label_en=fact.label_en,
                value=fact.value,
                from_seq=fact.from_seq,
                to_seq=fact.to_seq,
            )
            for fact in view.facts
        ],
        fields=[_field(field, view) for field in view.fields],
        evidence=[_evidence(filed, folder) for filed in view.source.sheet.evidence],
        missing=view.missing,
        confirmed_us=view.row.confirmed_us,
        sent_us=view.row.sent_us,
        verification_code=view.printed.code,
        pdf_url=f"{folder}/sheet.pdf",
        pages=await services.sheets.page_count(view),
        may_edit=view.may_edit,
    )


def _field(field: FieldSpec, view: SheetView) -> SheetField:
    return SheetField(
        key=field.key,
        label_vi=field.label_vi,
        label_en=field.label_en,
        value=view.source.sheet.text(field.key),
        required=field.required,
        multiline=not field.key.startswith(("materials.", "tasks.")),
    )


def _evidence(filed: Filed, folder: str) -> EvidenceRow:
    item = filed.item
    return EvidenceRow(
        id=item.evidence,
        kind=item.kind,
        captured_us=item.captured_us,
        file_name=item.file_name,
        sha256=item.sha256,
        size=item.size,
        source=item.source,
        seq=filed.seq,
        url=f"{folder}/evidence/{item.evidence}",
    )
