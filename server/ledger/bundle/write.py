"""Making a bundle. The same record and files give the same bytes, whenever and wherever it is made."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from server.events.canonical import canonical_bytes
from server.events.stored import Entry, Seal, line_of, recorded_of
from server.ids import LogId
from server.ledger.bundle import layout
from server.ledger.bundle.archive import CHUNK, Part, archive_chunks, archive_size
from server.ledger.bundle.marks_check import MarksCheck
from server.ledger.bundle.tables import connections_csv, roll_csv
from server.ledger.bundle.texts import readme
from server.ledger.keys import SchoolKey


@dataclass(frozen=True, kw_only=True)
class BundleContent:
    """What goes in. `files`: part name (layout.py) → where the file lies now, or its content. Seals reach no further than `entries`."""

    log_id: LogId
    entries: list[Entry]
    seals: list[Seal]
    labels: layout.LessonLabels
    files: Mapping[str, Path | bytes]
    with_recording: bool


@dataclass(frozen=True)
class Bundle:
    """A bundle ready to be written: its size is known before the first byte."""

    parts: list[Part]
    size: int

    def chunks(self) -> Iterator[bytes]:
        """The bytes. Raises ValueError when a file changed since it was measured."""
        return archive_chunks(self.parts)

    def write_to(self, path: Path) -> None:
        """Write the file; it appears whole or not at all."""
        draft = path.with_name(f".{path.name}.part")
        with draft.open("wb") as out:
            for chunk in self.chunks():
                out.write(chunk)
        draft.replace(path)


def make_bundle(content: BundleContent, key: SchoolKey) -> Bundle:
    """Measure everything (reads each file once), sign the manifest, and lay the parts in order."""
    measured = [_measured(name, source) for name, source in sorted(_sources(content, key).items())]
    lines = [layout.FileLine(name=part.name, sha256=digest, size=part.size) for part, digest in measured]
    manifest = canonical_bytes(
        layout.Manifest(
            format=layout.FORMAT,
            log_id=content.log_id,
            events=len(content.entries),
            head_hash=content.entries[-1].hash,
            key_id=key.key_id,
            with_recording=content.with_recording,
            files=lines,
        )
    )
    signature = key.sign(layout.signed_manifest(manifest)).encode()
    leading = [_measured(layout.MANIFEST, manifest)[0], _measured(layout.SIGNATURE, signature)[0]]
    parts = leading + [part for part, _ in measured]
    return Bundle(parts, archive_size(parts))


def _sources(content: BundleContent, key: SchoolKey) -> dict[str, bytes | Path]:
    if not content.entries:
        raise ValueError(f"nothing recorded in {content.log_id}")
    marks = MarksCheck()
    for entry in content.entries:
        marks.see(recorded_of(entry))
    return {
        layout.README: readme(content.labels, key.key_id),
        layout.KEY: key.public.pem(),
        layout.LESSON: canonical_bytes(content.labels),
        layout.EVENTS: b"".join(line_of(entry) + b"\n" for entry in content.entries),
        layout.SEALS: canonical_bytes(content.seals),
        layout.CONNECTIONS_CSV: connections_csv(marks.projection, content.labels),
        layout.ROLL_CSV: roll_csv(marks.projection, content.labels),
        **content.files,
    }


def _measured(name: str, source: bytes | Path) -> tuple[Part, str]:
    """The part and its SHA-256."""
    sha256, crc, size = hashlib.sha256(), 0, 0
    for chunk in _chunks(source):
        sha256.update(chunk)
        crc, size = zlib.crc32(chunk, crc), size + len(chunk)
    return Part(name, size, crc, lambda: _chunks(source)), sha256.hexdigest()


def _chunks(source: bytes | Path) -> Iterable[bytes]:
    if isinstance(source, bytes):
        yield source
        return
    with source.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
