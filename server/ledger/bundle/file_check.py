"""Checks files against the events that speak of them: evidence, recording, sheets. An event that names a file is a promise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from server.events.base import Recorded
from server.events.lesson import EvidenceFiled, RecordingFinished, SegmentClosed
from server.events.sheet import SheetConfirmed
from server.ledger.bundle import layout
from server.ledger.bundle.findings import Finding


@dataclass(frozen=True)
class Promise:
    """Event `seq` says that a file has this digest. `size` None: it does not say how large. Not required: it may be left out."""

    seq: int
    name: str
    sha256: str
    size: int | None
    required: bool


@dataclass
class Promises:
    """All promises of a chain."""

    with_recording: bool
    sheets: int = 0
    segments: int = 0
    _made: dict[str, Promise] = field(default_factory=dict)

    def see(self, recorded: Recorded) -> None:
        """Note what this event promises."""
        for promise in promised_by(recorded, self.with_recording):
            self._made[promise.name] = promise
        self.sheets += isinstance(recorded.event, SheetConfirmed)
        self.segments += isinstance(recorded.event, SegmentClosed)

    def check(self, digests: Mapping[str, tuple[str, int]]) -> list[Finding]:
        """Compare with (SHA-256, size) of each part; evidence, sheets and recordings that nothing speaks of are findings too."""
        findings = [f for promise in self._made.values() if (f := _broken(promise, digests.get(promise.name)))]
        spoken_of = set(self._made)
        for name in digests:
            if name.startswith(("evidence/", "sheet/", "recording/")) and name not in spoken_of:
                findings.append(Finding(code="file.unspoken", file=name))
        return findings


def promised_by(recorded: Recorded, with_recording: bool = True) -> Iterator[Promise]:
    """The files that an event speaks of."""
    seq = recorded.seq
    match recorded.event:
        case EvidenceFiled() as filed:
            yield Promise(seq, layout.evidence_part(seq, filed), filed.sha256, filed.size, required=True)
        case SheetConfirmed() as confirmed:
            yield Promise(seq, layout.sheet_part(seq, confirmed), confirmed.pdf_sha256, None, required=True)
            yield Promise(
                seq, layout.sheet_content_part(seq, confirmed), confirmed.content_sha256, None, required=False
            )
        case SegmentClosed() as closed:
            yield Promise(seq, layout.segment_part(seq, closed), closed.sha256, closed.size, required=with_recording)
        case RecordingFinished() as finished:
            yield Promise(seq, layout.RECORDING_MANIFEST, finished.manifest_sha256, None, required=True)


def _broken(promise: Promise, actual: tuple[str, int] | None) -> Finding | None:
    if actual is None:
        return Finding(code="file.missing", file=promise.name, detail=str(promise.seq)) if promise.required else None
    sha256, size = actual
    if sha256 != promise.sha256 or promise.size not in (None, size):
        return Finding(code="file.differs_from_event", file=promise.name, detail=str(promise.seq))
    return None
