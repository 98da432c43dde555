"""A lesson's recording for its viewers: which files there are, when what happened in it, who looked. Reads only what the recorder finished."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import structlog

from recorder.files import read, recording_folder
from recorder.records import Manifest, Playback, PlaybackTrack
from server.clock import SCHOOL_TZ, Clock
from server.errors import NotFound
from server.events.base import Origin, Recorded
from server.events.lesson import RecordingFinished, RecordingStarted, RecordingViewed
from server.identity.account import Account
from server.ids import LessonId, PersonId
from server.ledger import Ledger, NewEvent, lesson_log, school_log
from server.school.lesson_states import AFTER
from server.school.plan import PersonCard
from server.services.planning import MyLesson, Planning
from server.services.recording_chapters import ChapterMark, ChatMark, chapters_of, chat_of

log = structlog.get_logger("recordings")


@dataclass(frozen=True, slots=True)
class TrackOf:
    """A playable file and whose it is."""

    track: PlaybackTrack
    card: PersonCard


@dataclass(frozen=True, slots=True)
class GapMark:
    from_ms: int
    to_ms: int
    reason: str


@dataclass(frozen=True, slots=True)
class Viewed:
    """state ∈ none, recording, finalising, available, failed."""

    mine: MyLesson
    state: str
    duration_ms: int
    tracks: Sequence[TrackOf]
    gaps: Sequence[GapMark]
    chapters: Sequence[ChapterMark]
    chat: Sequence[ChatMark]
    names: dict[PersonId, PersonCard]
    watermark: str
    manifest_sha256: str


class RecordingReader:
    """`data` as in docs/seams.md."""

    def __init__(self, data: Path, planning: Planning, ledger: Ledger, clock: Clock) -> None:
        self._data = data
        self._planning = planning
        self._ledger = ledger
        self._clock = clock

    async def view(self, account: Account, lesson: LessonId) -> Viewed:
        """The recording for one viewer; that they looked is recorded. Raises Problem (NotFound, Refused, Conflict)."""
        mine = await self._planning.require(account, lesson, "recording.read")
        events = await self._ledger.read(lesson_log(lesson))
        finished = next((e.event for e in reversed(events) if isinstance(e.event, RecordingFinished)), None)
        manifest, playback = await asyncio.to_thread(_load, recording_folder(self._data, lesson))
        watermark = await self._watermark(account, mine)
        if finished is None or manifest is None or playback is None:
            return Viewed(mine, _state(mine, events), 0, [], [], [], [], {}, watermark, "")
        if hashlib.sha256(manifest.content).hexdigest() != finished.manifest_sha256:
            log.error("manifest is not the recorded one", lesson=lesson)
            return Viewed(mine, "failed", 0, [], [], [], [], {}, watermark, finished.manifest_sha256)
        origin_us = manifest.manifest.origin_us
        chat = chat_of(events, origin_us)
        names = await self._names({PersonId(t.person) for t in playback.tracks} | {line.person for line in chat})
        if playback.tracks:
            await self._note(account, lesson)
        return Viewed(
            mine=mine,
            state="available" if playback.tracks else "none",
            duration_ms=playback.duration_ms,
            tracks=[TrackOf(t, names[PersonId(t.person)]) for t in playback.tracks],
            gaps=_gaps(manifest.manifest, playback.duration_ms),
            chapters=chapters_of(events, origin_us),
            chat=chat,
            names=names,
            watermark=watermark,
            manifest_sha256=finished.manifest_sha256,
        )

    async def file(self, account: Account, lesson: LessonId, name: str) -> tuple[Path, str]:
        """Path and MIME type of a playback file. Raises NotFound for a name that the recording's index does not have."""
        await self._planning.require(account, lesson, "recording.read")
        folder = recording_folder(self._data, lesson)
        _, playback = await asyncio.to_thread(_load, folder)
        tracks = playback.tracks if playback else []
        track = next((t for t in tracks if t.file_name == name), None)
        if track is None:
            raise NotFound("recording.no_such_file")
        log.info("recording file read", lesson=lesson, account=account.id, file=track.file_name)
        return folder / track.file_name, track.mime

    async def has_recording(self, lesson: LessonId) -> bool:
        """For a lesson's card: something plays."""
        return await asyncio.to_thread(_plays, recording_folder(self._data, lesson))

    async def _watermark(self, account: Account, mine: MyLesson) -> str:
        """Who looks: printed over the picture, so that a leaked copy has a name."""
        card = await self._planning.card(account.person)
        number = await self._planning.student_no(account.person, mine.line.cohort)
        return " · ".join(filter(None, [card.name, number or card.code]))

    async def _names(self, people: set[PersonId]) -> dict[PersonId, PersonCard]:
        return {person: await self._planning.card(person) for person in people}

    async def _note(self, account: Account, lesson: LessonId) -> None:
        writer = await self._ledger.open(school_log(self._clock.now().astimezone(SCHOOL_TZ).year))
        await writer.append(NewEvent(RecordingViewed(lesson=lesson, person=account.person), Origin.SERVER, account.id))


@dataclass(frozen=True, slots=True)
class _Read:
    manifest: Manifest
    content: bytes


def _load(folder: Path) -> tuple[_Read | None, Playback | None]:
    try:
        content = (folder / "manifest.json").read_bytes()
        manifest = msgspec.json.decode(content, type=Manifest)
        return _Read(manifest, content), read(folder / "playback.json", Playback)
    except FileNotFoundError:
        return None, None
    except msgspec.DecodeError as error:
        log.error("recording's index is unreadable", folder=folder.parent.name, error=str(error))
        return None, None


def _plays(folder: Path) -> bool:
    _, playback = _load(folder)
    return playback is not None and bool(playback.tracks)


def _state(mine: MyLesson, events: Sequence[Recorded]) -> str:
    """Of a recording that cannot be played (yet)."""
    if not any(isinstance(e.event, RecordingStarted) for e in events):
        return "none"
    if mine.line.state not in AFTER:
        return "recording"
    return "finalising"


def _gaps(manifest: Manifest, duration_ms: int) -> list[GapMark]:
    """Holes in the whole recording; those of single publications stand in the manifest."""
    marks = []
    for gap in manifest.gaps:
        from_ms = max(0, (gap.from_us - manifest.origin_us) // 1_000)
        to_ms = min(duration_ms, (gap.to_us - manifest.origin_us) // 1_000)
        if gap.publication is None and to_ms > from_ms:
            marks.append(GapMark(from_ms, to_ms, gap.reason))
    return marks
