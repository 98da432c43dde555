"""A finished recording as an item of evidence: a copy of its manifest (digests of all segments, list of gaps). Blocking: runs in a thread."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from recorder.files import evidence_folder, recording_folder, write_atomically
from recorder.records import Manifest
from server.events.lesson import EvidenceFiled
from server.ids import EvidenceId, LessonId, new_id


def manifest_as_evidence(data: Path, lesson: LessonId, now_us: int) -> EvidenceFiled:
    """Copy the manifest to the evidence folder; the caller records what is returned. Raises OSError."""
    content = (recording_folder(data, lesson) / "manifest.json").read_bytes()
    manifest = msgspec.json.decode(content, type=Manifest)
    sha256 = hashlib.sha256(content).hexdigest()
    folder = evidence_folder(data, lesson)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / f"{sha256}.json", content)
    return EvidenceFiled(
        evidence=EvidenceId(new_id(now_us // 1_000)),
        kind="ghi_hinh",
        sha256=sha256,
        size=len(content),
        mime="application/json",
        file_name=f"{sha256}.json",
        captured_us=now_us,
        covers_from_us=manifest.origin_us,
        covers_to_us=manifest.ended_us,
        source="system",
        present=0,
        enrolled=0,
    )
