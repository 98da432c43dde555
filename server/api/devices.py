"""Keys of devices: a lecturer makes one for an encoder or a screen, sees which are in use, takes one back."""

from __future__ import annotations

from aiohttp import web

from server.api.edge import answer, decode, done, lesson_id, path_id, signed_in
from server.api.shapes import DeviceKey, DeviceKeyMade, DeviceKeys, MakeDeviceKey
from server.ids import DeviceId, LessonId, PersonId
from server.services import Services
from server.storage.device_store import DeviceKeyRow


def routes(services: Services) -> list[web.RouteDef]:
    devices = services.devices

    async def make(request: web.Request) -> web.Response:
        account = signed_in(request)
        asked = await decode(request, MakeDeviceKey)
        lesson = lesson_id(request)
        text, row = await devices.keys.make(account, lesson, asked.purpose, sound=asked.sound)
        made = DeviceKeyMade(key=text, url=_url(request, lesson, row.purpose), device=await _shape(row))
        return answer(made, status=201)

    async def listed(request: web.Request) -> web.Response:
        rows = await devices.keys.of_lesson(signed_in(request), lesson_id(request))
        return answer(DeviceKeys(devices=[await _shape(row) for row in rows]))

    async def revoke(request: web.Request) -> web.Response:
        lesson, key = lesson_id(request), DeviceId(path_id(request, "device"))
        await devices.keys.revoke(signed_in(request), lesson, key)
        await devices.revoked(lesson, key)
        return done()

    async def _shape(row: DeviceKeyRow) -> DeviceKey:
        return DeviceKey(
            id=row.id,
            purpose=row.purpose,
            sound=row.sound,
            owner=(await services.planning.card(PersonId(row.person))).name,
            created_us=row.created_us,
            expires_us=row.expires_us,
            since_us=devices.since_us(row.lesson, row.id),
        )

    def _url(request: web.Request, lesson: LessonId, purpose: str) -> str:
        base = services.settings.public_url.rstrip("/") or f"{request.scheme}://{request.host}"
        return f"{base}/api/v1/lessons/{lesson}/{'whip' if purpose == 'camera' else 'whep'}"

    return [
        web.post("/api/v1/lessons/{id}/devices", make),
        web.get("/api/v1/lessons/{id}/devices", listed),
        web.delete("/api/v1/lessons/{id}/devices/{device}", revoke),
    ]
