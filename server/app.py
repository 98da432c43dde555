"""The one place where things are wired together: settings and a clock in, a web application out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import ModuleType

from aiohttp import web

from server.api import demo as demo_edge
from server.api import devices as devices_edge
from server.api import evidence as evidence_edge
from server.api import guard, health, lessons, probe, session, static, tickets, verify, whip
from server.api import recordings as recordings_edge
from server.api import roll as roll_edge
from server.api import sheets as sheets_edge
from server.api.problem import problems
from server.clock import Clock, SystemClock
from server.identity.identity import Identity, signing_secret
from server.identity.turn import TurnServers
from server.ledger import Ledger, SchoolKey
from server.projector import Projector
from server.realtime.edge import Realtime
from server.services import Services, demo_plan
from server.services.demo import DemoSchool, finished_lesson
from server.services.demo_history import History, fill_sheet
from server.services.demo_links import DemoLinks
from server.services.device_keys import DeviceKeys
from server.services.devices import Devices
from server.services.evidence import Evidence
from server.services.lesson_source import LessonSources
from server.services.live import Live
from server.services.live_desk import Desks
from server.services.live_parts import make_fanout, make_relay, node_name
from server.services.planning import Planning
from server.services.recording_reader import RecordingReader
from server.services.recordings import Recordings
from server.services.roll import Rolls
from server.services.sheet_prints import SheetPrints
from server.services.sheets import Sheets
from server.services.verification import Verifications
from server.settings import Settings, SettingsError, start_key
from server.storage.database import Database
from server.storage.ledger_store import SqlLedgerStore
from server.storage.sheet_store import SheetStore

SERVICES = web.AppKey("services", Services)

#: In the order of matching: the client's pages come last because they take every path.
_EDGES: tuple[ModuleType, ...] = (
    health,
    session,
    demo_edge,
    lessons,
    tickets,
    devices_edge,
    whip,
    recordings_edge,
    roll_edge,
    sheets_edge,
    evidence_edge,
    verify,
    probe,
    static,
)


def compose(settings: Settings, clock: Clock, *, with_media: bool = True) -> Services:
    """All services, made but not started. Without media: no relay and no recorder, everything else the same."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database)
    identity = Identity(database, clock, signing_secret(settings))
    planning = Planning(database, clock)
    node = node_name(settings)
    key = SchoolKey.load_or_create(settings.data_dir / "keys")
    ledger = Ledger(SqlLedgerStore(database), clock, key, node or "main")
    fanout = make_fanout(settings, clock)
    relay = make_relay(settings) if with_media else None
    recordings = Recordings(settings.data_dir, clock) if with_media else None
    live = Live(
        planning=planning,
        ledger=ledger,
        tickets=identity.tickets,
        fanout=fanout,
        clock=clock,
        relay=relay,
        recordings=recordings,
        record=settings.recording,
        node=node,
        turn=TurnServers(settings.turn_urls, settings.turn_secret),
    )
    projector = Projector(ledger)
    sources = LessonSources(planning, projector, clock)
    prints = SheetPrints(settings.data_dir, settings.base_url)
    sheet_store = SheetStore(database)
    sheets = Sheets(planning, ledger, sources, sheet_store, prints, clock)
    live.ending.on_sealed.append(sheets.lesson_sealed)
    return Services(
        settings=settings,
        clock=clock,
        database=database,
        identity=identity,
        planning=planning,
        demo=DemoLinks(start_key()) if settings.demo else None,
        ledger=ledger,
        fanout=fanout,
        relay=relay,
        recordings=recordings,
        recording_reader=RecordingReader(settings.data_dir, planning, ledger, clock),
        live=live,
        devices=Devices(DeviceKeys(database, planning, clock), live, settings.max_devices),
        desks=Desks(planning, ledger, clock),
        projector=projector,
        roll=Rolls(planning, ledger, sources, clock, settings.data_dir),
        sheets=sheets,
        evidence=Evidence(settings.data_dir, planning, ledger, sheet_store, clock),
        verifications=Verifications(planning, ledger, sheet_store),
    )


def build_app(settings: Settings, clock: Clock | None = None, *, with_media: bool = True) -> web.Application:
    """The web application. Starting it opens the database; cleaning it up closes everything."""
    services = compose(settings, clock or SystemClock(), with_media=with_media)
    app = web.Application(
        middlewares=[problems, guard.caps, guard.who_asks(services), guard.own_page_only(services)],
        client_max_size=guard.LARGEST_REQUEST,
    )
    app[SERVICES] = services
    app.on_response_prepare.append(guard.add_headers(settings))
    for edge in _EDGES:
        app.add_routes(edge.routes(services))
    app.cleanup_ctx.append(_running)
    Realtime(services.live, services.desks, services.identity, services.clock, settings).attach(app)
    return app


async def _running(app: web.Application) -> AsyncIterator[None]:
    services = app[SERVICES]
    try:
        await services.database.open()
        await services.identity.start()
        is_new = await _prepare_demo(services)
        await _start_lessons(services)
        if is_new:
            await fill_sheet(services.identity, services.sheets, finished_lesson())
        yield
    finally:
        await _stop_lessons(services)
        await services.identity.aclose()
        await services.database.aclose()


async def _start_lessons(services: Services) -> None:
    """What live lessons stand on, then the lessons that an earlier process left open."""
    await services.ledger.start()
    await services.fanout.start()
    if services.relay is not None:
        await services.relay.start()
    if services.recordings is not None:
        await services.recordings.start()
    await services.live.start()
    if services.recordings is not None:
        services.recordings.finish_left_over(services.planning, services.ledger)
    services.desks.start()


async def _stop_lessons(services: Services) -> None:
    """The cascade from the top: watchers, rooms, recorder, packets, what nodes share, the record last."""
    await services.desks.aclose()
    await services.live.aclose()
    services.sheets.close()
    if services.recordings is not None:
        await services.recordings.aclose()
    if services.relay is not None:
        await services.relay.close()
    await services.fanout.close()
    await services.ledger.aclose()


async def _prepare_demo(services: Services) -> bool:
    """Fill the demonstration school, or make sure that nobody serves one by mistake: its people have a known password.

    Whether a finished lesson was written now.
    """
    settings = services.settings
    if services.demo is None:
        if await services.planning.is_demonstration():
            raise SettingsError(
                f"data_dir: {settings.data_dir} holds the demonstration school; start with --demo, or choose another folder"
            )
        return False
    demo = demo_plan.load(settings.demo_plan)
    school = DemoSchool(services.database, services.clock, services.identity.passwords, demo)
    services.demo.set_people(await school.ensure())
    history = History(services.database, services.planning, services.ledger.key, settings.data_dir)
    if not demo.history or not await history.ensure(finished_lesson()):
        return False
    await services.sheets.lesson_sealed(finished_lesson())
    return True
