"""A bundle opened for checking: its parts, their digests, and what could be read of key, manifest, seals and labels.

What cannot be read becomes a finding here; whether what was read agrees is check.py's matter.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from typing import BinaryIO, TypeVar

import msgspec

from server.events.canonical import NotCanonical, parse_canonical
from server.events.stored import MAX_LINE_BYTES, Seal
from server.ledger.bundle import layout
from server.ledger.bundle.archive import Found, content_of, read_archive
from server.ledger.bundle.findings import Finding, Report
from server.ledger.keys import PublicKey

T = TypeVar("T")


class BundleReader:
    """Reads every byte once for its digest. `is_signed`: the manifest carries a genuine signature of `key`."""

    def __init__(self, file: BinaryIO, report: Report) -> None:
        self._file = file
        self._report = report
        self._parts: dict[str, Found] = {}
        self.digests: dict[str, tuple[str, int]] = {}
        self.bad_crc: set[str] = set()
        self.is_damaged = False
        self._read_container()
        self.key = self._open_key()
        self.manifest = self._open_manifest()
        self.is_signed = self._is_signed()
        self.seals = self._shape(layout.SEALS, list[Seal]) or []
        self.labels = self._shape(layout.LESSON, layout.LessonLabels)

    @property
    def signed_manifest(self) -> layout.Manifest | None:
        """The manifest if it can be relied on."""
        return self.manifest if self.is_signed else None

    def _read_container(self) -> None:
        found, damage = read_archive(self._file)
        self._report.files = len(found)
        for part in found:
            self._parts[part.name] = part
            sha256, crc = hashlib.sha256(), 0
            for chunk in content_of(self._file, part):
                sha256.update(chunk)
                crc = zlib.crc32(chunk, crc)
            self.digests[part.name] = (sha256.hexdigest(), part.size)
            if crc != part.crc:
                self.bad_crc.add(part.name)
                self._report.add(Finding(code="archive.crc", file=part.name, byte=part.header_at))
        if damage:
            self.is_damaged = True
            self._report.add(Finding(code="archive.damaged", byte=damage.at, file=damage.name, detail=damage.reason))

    def missing(self, name: str) -> None:
        """A part that is not there is worth a finding, unless the container broke off before it."""
        if not self.is_damaged:
            self._report.add(Finding(code="file.listed_missing", file=name))

    def content(self, name: str) -> bytes | None:
        """A part that is read whole. None, with a finding, when it is missing or too large."""
        part = self._parts.get(name)
        if part is None:
            self.missing(name)
            return None
        if part.size > layout.MAX_READ_WHOLE:
            self._report.add(Finding(code="file.unreadable", file=name, detail="too large"))
            return None
        return b"".join(content_of(self._file, part))

    def event_lines(self) -> Iterator[bytes]:
        """The lines of the log without their line feeds; an overlong or unfinished one is handed on as it is."""
        part = self._parts.get(layout.EVENTS)
        if part is None:
            self.missing(layout.EVENTS)
            return
        rest = b""
        for chunk in content_of(self._file, part):
            *lines, rest = (rest + chunk).split(b"\n")
            yield from lines
            if len(rest) > MAX_LINE_BYTES:
                break
        if rest:
            yield rest + b"\n"

    def _shape(self, name: str, shape: type[T]) -> T | None:
        """A canonical JSON part as the shape it must have. None, with a finding, otherwise."""
        content = self.content(name)
        if content is None:
            return None
        try:
            return msgspec.convert(parse_canonical(content), shape)
        except (NotCanonical, msgspec.ValidationError) as error:
            self._report.add(Finding(code="file.unreadable", file=name, detail=str(error)[:200]))
            return None

    def _open_key(self) -> PublicKey | None:
        pem = self.content(layout.KEY)
        if pem is None:
            return None
        try:
            key = PublicKey.from_pem(pem)
        except ValueError as error:
            self._report.add(Finding(code="file.unreadable", file=layout.KEY, detail=str(error)))
            return None
        self._report.key_id = key.key_id
        return key

    def _open_manifest(self) -> layout.Manifest | None:
        manifest = self._shape(layout.MANIFEST, layout.Manifest)
        if manifest and manifest.format != layout.FORMAT:
            self._report.add(Finding(code="file.unreadable", file=layout.MANIFEST, detail=manifest.format[:40]))
            return None
        return manifest

    def _is_signed(self) -> bool:
        signature = self.content(layout.SIGNATURE)
        if self.manifest is None or signature is None or self.key is None:
            return False
        signed = layout.signed_manifest(self.content(layout.MANIFEST) or b"")
        return self.key.has_signed(signed, signature.decode("ascii", "replace"))
