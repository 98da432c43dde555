"""What goes on an evidence picture: header lines and tiles of a moment. PURE."""

from __future__ import annotations

from collections.abc import Sequence

from media.face import TapInfo
from recorder.link_messages import SnapshotTile, TakeSnapshot
from server.clock import SCHOOL_TZ, from_micros
from server.ids import EvidenceId
from server.services.recording_face import Scene

#: More than the largest class: a picture of everybody present.
MAX_TILES = 240


def snapshot_of(
    lesson: str, evidence: EvidenceId, scene: Scene, taps: Sequence[TapInfo], now_us: int, wait_ms: int
) -> TakeSnapshot:
    """Screens large, then everybody present: the lecturer first, a card for who sends no camera."""
    by_peer = {(tap.peer, tap.role): tap.publication for tap in taps}
    people = sorted(scene.attendees, key=lambda each: not each.lecturer)
    screens = [
        SnapshotTile(publication=by_peer[each.peer, "screen"], caption=f"Màn hình: {each.caption}")
        for each in people
        if each.peer is not None and (each.peer, "screen") in by_peer
    ]
    cameras = [
        SnapshotTile(
            publication=by_peer.get((each.peer, "camera")) if each.peer is not None else None, caption=each.caption
        )
        for each in people
    ]
    return TakeSnapshot(
        lesson=lesson,
        snapshot=evidence,
        header=[scene.title, header_line(now_us, scene.present, scene.enrolled)],
        big=screens[:2],
        tiles=cameras[:MAX_TILES],
        wait_ms=wait_ms,
    )


def header_line(now_us: int, present: int, enrolled: int) -> str:
    """Server time in the school's zone, and how many are there."""
    at = from_micros(now_us).astimezone(SCHOOL_TZ)
    return f"{at:%d/%m/%Y %H:%M:%S} (GMT+7) · Có mặt {present}/{enrolled}"
