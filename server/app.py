"""The one place where things are wired together: settings and a clock in, a web application out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import ModuleType

from aiohttp import web

from server.api import demo, guard, health, lessons, probe, recordings, session, static
from server.api.problem import problems
from server.clock import Clock, SystemClock
from server.identity.identity import Identity, signing_secret
from server.services import Services, demo_plan
from server.services.demo import DemoSchool
from server.services.demo_links import DemoLinks
from server.services.planning import Planning
from server.settings import Settings, SettingsError, start_key
from server.storage.database import Database

SERVICES = web.AppKey("services", Services)

#: In the order of matching: the client's pages come last because they take every path.
_EDGES: tuple[ModuleType, ...] = (health, session, demo, lessons, recordings, probe, static)


def compose(settings: Settings, clock: Clock) -> Services:
    """All services, made but not started."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database)
    return Services(
        settings=settings,
        clock=clock,
        database=database,
        identity=Identity(database, clock, signing_secret(settings)),
        planning=Planning(database, clock),
        demo=DemoLinks(start_key()) if settings.demo else None,
    )


def build_app(settings: Settings, clock: Clock | None = None) -> web.Application:
    """The web application. Starting it opens the database; cleaning it up closes everything."""
    services = compose(settings, clock or SystemClock())
    app = web.Application(
        middlewares=[problems, guard.caps, guard.who_asks(services), guard.own_page_only(services)],
        client_max_size=guard.LARGEST_REQUEST,
    )
    app[SERVICES] = services
    app.on_response_prepare.append(guard.add_headers(settings))
    for edge in _EDGES:
        app.add_routes(edge.routes(services))
    app.cleanup_ctx.append(_running)
    return app


async def _running(app: web.Application) -> AsyncIterator[None]:
    services = app[SERVICES]
    try:
        await services.database.open()
        await _prepare_demo(services)
        yield
    finally:
        await services.identity.aclose()
        await services.database.aclose()


async def _prepare_demo(services: Services) -> None:
    """Fill the demonstration school, or make sure that nobody serves one by mistake: its people have a known password."""
    settings = services.settings
    if services.demo is None:
        if await services.planning.is_demonstration():
            raise SettingsError(
                f"data_dir: {settings.data_dir} holds the demonstration school; start with --demo, or choose another folder"
            )
        return
    school = DemoSchool(
        services.database, services.clock, services.identity.passwords, demo_plan.load(settings.demo_plan)
    )
    services.demo.set_people(await school.ensure())
