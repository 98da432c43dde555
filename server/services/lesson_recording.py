"""The recording of one live lesson, between its room, the relay's router and the recorder process."""

from __future__ import annotations

from media.face import Router
from server.clock import Clock
from server.room.pushes import RecordingInfo
from server.services.recording_face import RecordingHost, SnapshotFiled


class LessonRecording:
    """Made by `Recordings.open`. Order of life: `begin` once the lesson is live, `end` once it ended; snapshots in between."""

    def __init__(self, host: RecordingHost, router: Router, clock: Clock, *, record: bool) -> None:
        self._host = host
        self._router = router
        self._clock = clock
        self._record = record

    @property
    def info(self) -> RecordingInfo:
        """For the strip. off (policy), waiting (not live yet), starting, recording, failed, finished."""
        return RecordingInfo(state="waiting" if self._record else "off", since_us=None, lost_ms=0)

    def begin(self, origin_us: int) -> None:
        """The lesson is live (again, after a restart of the server): `origin_us` is when it started, zero of the time line."""
        raise NotImplementedError

    async def take_snapshot(self, *, source: str = "system", wait_ms: int = 2_000) -> SnapshotFiled:
        """Compose one evidence picture, file it (`EvidenceFiled`). source ∈ system, lecturer.

        Raises Problem("recording.no_snapshot") when the recorder is away or cannot write.
        """
        raise NotImplementedError

    async def end(self, ended_us: int) -> None:
        """The lesson ended: closes files, waits (≤ 15 s) for the manifest and its `RecordingFinished`."""
        raise NotImplementedError

    def close(self) -> None:
        """The room goes away without the lesson having ended (shutdown)."""
        raise NotImplementedError
