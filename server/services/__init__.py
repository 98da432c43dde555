"""Deeds outside the live room: planning, accounts, roll, sheets, evidence, recordings; and `Services`, what the edges may call."""

from __future__ import annotations

from dataclasses import dataclass

from media.face import Relay
from server.clock import Clock
from server.fanout import Fanout
from server.identity.identity import Identity
from server.ledger import Ledger
from server.projector import Projector
from server.services.demo_links import DemoLinks
from server.services.devices import Devices
from server.services.evidence import Evidence
from server.services.live import Live
from server.services.live_desk import Desks
from server.services.planning import Planning
from server.services.recording_reader import RecordingReader
from server.services.recordings import Recordings
from server.services.roll import Rolls
from server.services.sheets import Sheets
from server.services.verification import Verifications
from server.settings import Settings
from server.storage.database import Database


@dataclass(frozen=True, kw_only=True)
class Services:
    """Everything that an edge may call, made once in server/app.py. A builder of a new service adds its field here and makes it there."""

    settings: Settings
    clock: Clock
    database: Database
    identity: Identity
    planning: Planning
    demo: DemoLinks | None = None
    recordings: Recordings | None = None
    recording_reader: RecordingReader | None = None
    ledger: Ledger
    fanout: Fanout
    relay: Relay | None
    live: Live
    devices: Devices
    desks: Desks
    projector: Projector
    roll: Rolls
    sheets: Sheets
    evidence: Evidence
    verifications: Verifications
