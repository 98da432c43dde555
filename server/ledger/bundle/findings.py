"""What a check can say: findings with a place, in the order a reader should look at them, and what was checked."""

from __future__ import annotations

from dataclasses import dataclass, field

#: After so many findings a bundle is broken enough.
MAX_FINDINGS = 50


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that does not hold. One of `seq` (event), `file` (part) or `byte` (of the file) says where; `code` says what (texts.py)."""

    code: str
    seq: int | None = None
    file: str | None = None
    byte: int | None = None
    detail: str = ""

    @property
    def rank(self) -> tuple[int, int]:
        """Events first, by number; then files; then the container: the most telling place leads."""
        if self.seq is not None:
            return 0, self.seq
        return (1, 0) if self.byte is None else (2, self.byte)


@dataclass
class Report:
    """The outcome of a check. `findings` empty: everything that was checked holds."""

    findings: list[Finding] = field(default_factory=list)
    lesson: str = ""
    events: int = 0
    head_hash: str = ""
    key_id: str = ""
    seals: int = 0
    checkpoints: int = 0
    sealed_seq: int = 0
    files: int = 0
    segments: int = 0
    rolls: int = 0
    sheets: int = 0

    @property
    def is_sound(self) -> bool:
        return not self.findings

    def add(self, finding: Finding) -> None:
        if finding not in self.findings and len(self.findings) < MAX_FINDINGS:
            self.findings.append(finding)

    def first(self) -> Finding:
        """The finding to name first."""
        return min(self.findings, key=lambda finding: finding.rank)
