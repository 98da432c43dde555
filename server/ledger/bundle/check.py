"""Checking a bundle: needs the file and nothing else. Says what does not hold, and where.

input: the file → parts and digests (reader.py) → key and manifest → chain → seals → files that events speak of → marks and lists computed
again → Report. Every step copes with whatever the steps before found; an untrustworthy part accuses no other.
"""

from __future__ import annotations

from typing import BinaryIO

from server.events.base import Recorded
from server.events.stored import Seal
from server.ledger.bundle import layout
from server.ledger.bundle.chain_check import ChainCheck
from server.ledger.bundle.file_check import Promises
from server.ledger.bundle.findings import Finding, Report
from server.ledger.bundle.marks_check import MarksCheck
from server.ledger.bundle.reader import BundleReader
from server.ledger.bundle.seal_check import check_coverage, check_signatures, lesson_sealed_at
from server.ledger.sealing import SEAL, is_genuine

#: Hex digits of an Ed25519 signature.
SIGNATURE_DIGITS = 128


def check_bundle(file: BinaryIO, key_id: str = "", anchor: str = "") -> Report:
    """Check a bundle. `key_id`: the key that the school publishes; `anchor`: leading digits of a digest known from elsewhere."""
    report = Report()
    reader = BundleReader(file, report)
    _check_key(reader, report, key_id.lower())
    _check_listed(reader, report)
    _Record(reader, report, anchor.lower()).check()
    return report


def _check_key(reader: BundleReader, report: Report, expected: str) -> None:
    """Whose bundle is this? A key that signed no seal is named before the signatures it cannot fit.

    A signature that does not fit its manifest: the container's checksums tell an accident in one of them; otherwise the manifest is named.
    """
    if reader.key is None:
        return
    if expected and reader.key.key_id != expected:
        report.add(Finding(code="key.unexpected", file=layout.KEY, detail=reader.key.key_id))
    if reader.seals and all(seal.key_id != report.key_id for seal in reader.seals):
        report.add(Finding(code="key.foreign", file=layout.KEY))
    elif not reader.is_signed and {layout.MANIFEST, layout.SIGNATURE} <= reader.digests.keys():
        is_hex = len(reader.content(layout.SIGNATURE) or b"") == SIGNATURE_DIGITS
        own_fault = layout.SIGNATURE in reader.bad_crc or not is_hex
        is_signature = own_fault and layout.MANIFEST not in reader.bad_crc
        report.add(Finding(code="manifest.signature", file=layout.SIGNATURE if is_signature else layout.MANIFEST))


def _check_listed(reader: BundleReader, report: Report) -> None:
    """Each part against the signed manifest."""
    manifest = reader.signed_manifest
    if manifest is None:
        return
    listed = {line.name: (line.sha256, line.size) for line in manifest.files}
    for name, expected in listed.items():
        if name not in reader.digests:
            reader.missing(name)
        elif reader.digests[name] != expected:
            report.add(Finding(code="file.differs", file=name))
    for name in reader.digests.keys() - listed.keys() - {layout.MANIFEST, layout.SIGNATURE}:
        report.add(Finding(code="file.not_listed", file=name))


class _Record:
    """The chain, and what follows from it."""

    def __init__(self, reader: BundleReader, report: Report, anchor: str) -> None:
        self._reader = reader
        self._report = report
        self._anchor = anchor
        self._marks = MarksCheck()
        self._marks_failed = False
        manifest = reader.manifest
        self._promises = Promises(with_recording=bool(manifest and manifest.with_recording))

    def check(self) -> None:
        report, reader = self._report, self._reader
        report.lesson = self._log_id()
        seals = self._genuine_seals()
        chain = self._walk(seals)
        report.lesson, report.events, report.head_hash = chain.log_id, chain.seq, chain.hash
        if self._anchor:
            report.add(Finding(code="anchor.unknown", file=layout.EVENTS, detail=self._anchor))
        if chain.finding:
            report.add(chain.finding)
        elif layout.EVENTS in reader.digests:
            self._check_length(chain)
            for finding in check_coverage(seals, chain.points, chain.seq):
                report.add(finding)
            self._check_files()
            self._check_marks()

    def _log_id(self) -> str:
        """Which chain this should be, by what is signed; empty: whatever the first event says."""
        reader = self._reader
        if reader.signed_manifest:
            return reader.signed_manifest.log_id
        key = reader.key
        return next((seal.log_id for seal in reader.seals if key and is_genuine(seal, key)), "")

    def _genuine_seals(self) -> list[Seal]:
        """The seals if they all are what they should be; a forged one says nothing about the chain."""
        report, seals = self._report, self._reader.seals
        report.seals = sum(seal.kind == SEAL for seal in seals)
        report.checkpoints = len(seals) - report.seals
        report.sealed_seq = max((seal.last_seq for seal in seals if seal.kind == SEAL), default=0)
        if self._reader.key is None:
            return []
        bad = check_signatures(seals, report.lesson, self._reader.key)
        for finding in bad:
            report.add(finding)
        return [] if bad else seals

    def _walk(self, seals: list[Seal]) -> ChainCheck:
        asked = {seal.last_seq for seal in seals}
        chain = ChainCheck(self._report.lesson, asked, lesson_sealed_at(seals), self._see)
        for line in self._reader.event_lines():
            if not chain.feed(line):
                break
        return chain

    def _see(self, recorded: Recorded) -> None:
        if self._anchor and recorded.hash.startswith(self._anchor):
            self._anchor = ""
        self._promises.see(recorded)
        if self._marks_failed:
            return
        try:
            self._marks.see(recorded)
        except Exception as error:  # what a forged log makes the computation do is a finding, whatever it is
            self._cannot_compute(recorded.seq, error)

    def _cannot_compute(self, seq: int, error: Exception) -> None:
        self._marks_failed = True
        self._report.add(Finding(code="marks.uncomputable", seq=seq, detail=f"{type(error).__name__}: {error}"[:200]))

    def _check_length(self, chain: ChainCheck) -> None:
        manifest = self._reader.signed_manifest
        if manifest is None:
            return
        if chain.seq < manifest.events:
            self._report.add(Finding(code="chain.shorter", seq=chain.seq + 1, detail=str(manifest.events)))
        elif chain.seq > manifest.events:
            self._report.add(Finding(code="chain.longer", seq=manifest.events + 1, detail=str(manifest.events)))
        elif chain.hash != manifest.head_hash:
            self._report.add(Finding(code="chain.head", seq=chain.seq))

    def _check_files(self) -> None:
        self._report.sheets, self._report.segments = self._promises.sheets, self._promises.segments
        for finding in self._promises.check(self._reader.digests):
            if finding.code != "file.missing" or not self._reader.is_damaged:
                self._report.add(finding)

    def _check_marks(self) -> None:
        self._report.rolls = self._marks.rolls
        for finding in self._marks.findings:
            self._report.add(finding)
        labels = self._reader.labels
        if labels is None or self._marks_failed:
            return
        names = (layout.CONNECTIONS_CSV, layout.ROLL_CSV)
        lists = {name: content for name in names if (content := self._reader.content(name)) is not None}
        try:
            findings = self._marks.check_lists(labels, lists)
        except Exception as error:  # as above
            self._cannot_compute(self._report.events, error)
            return
        for finding in findings:
            if finding.file in lists:
                self._report.add(finding)
