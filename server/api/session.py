"""Signing in and out, and who I am."""

from __future__ import annotations

from aiohttp import web

from server.api.cookies import REFRESH_COOKIE, clear_cookies, set_cookies
from server.api.edge import account_of, address_of, answer, decode, done, signed_in
from server.api.shapes import Me, RoleGrant, SignIn
from server.errors import Unauthenticated
from server.identity.account import Account
from server.identity.identity import SignedIn
from server.school.permissions import main_role
from server.services import Services


def routes(services: Services) -> list[web.RouteDef]:
    identity = services.identity

    async def sign_in(request: web.Request) -> web.Response:
        asked = await decode(request, SignIn, cap=8 * 1024)
        return await _welcome(
            await identity.sign_in(asked.login, asked.password, address_of(request, services.settings))
        )

    async def refresh(request: web.Request) -> web.Response:
        token = request.cookies.get(REFRESH_COOKIE)
        if not token:
            raise Unauthenticated("auth.required")
        return await _welcome(await identity.refresh(token))

    async def sign_out(request: web.Request) -> web.Response:
        account = account_of(request)
        if account is not None:
            await identity.sign_out(account)
        response = done()
        clear_cookies(response, services.settings)
        return response

    async def everywhere(request: web.Request) -> web.Response:
        await identity.sign_out_everywhere(signed_in(request).id)
        response = done()
        clear_cookies(response, services.settings)
        return response

    async def me(request: web.Request) -> web.Response:
        return answer(await _me(services, signed_in(request)))

    async def _welcome(signed: SignedIn) -> web.Response:
        response = answer(await _me(services, signed.account))
        set_cookies(response, signed, services.settings)
        return response

    return [
        web.post("/api/v1/session", sign_in),
        web.delete("/api/v1/session", sign_out),
        web.post("/api/v1/session/refresh", refresh),
        web.post("/api/v1/session/everywhere", everywhere),
        web.get("/api/v1/me", me),
    ]


async def _me(services: Services, account: Account) -> Me:
    card = await services.planning.card(account.person)
    school = await services.planning.school(account.school)
    main = main_role(account.grants)
    return Me(
        account=account.id,
        person=account.person,
        name=card.name,
        title=card.title,
        code=card.code,
        unit=card.unit,
        main_role=main.value if main else "",
        roles=[
            RoleGrant(role=g.role.value, scope_kind=g.scope_kind.value, scope_id=g.scope_id) for g in account.grants
        ],
        school_name=school.name,
        school_parent=school.parent_org,
        demo=school.demo,
    )
