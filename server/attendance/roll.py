"""What the lecturer decided about the machine's proposal, and the final roll with its digest. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from server.attendance.judge import LATE, LEFT_EARLY, UNVERIFIED, Mark
from server.events.canonical import digest_of
from server.events.sheet import MarkOverridden, RollConfirmed
from server.ids import AccountId, EnrolmentId


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One override as it stands in the log."""

    enrolment: EnrolmentId
    mark: str
    flags: tuple[str, ...]
    absent_p: int
    absent_k: int
    reason: str
    by: AccountId | None
    at_us: int
    seq: int

    @classmethod
    def of(cls, event: MarkOverridden, by: AccountId | None, at_us: int, seq: int) -> Decision:
        return cls(
            enrolment=event.enrolment,
            mark=event.mark,
            flags=tuple(flag for flag in (LATE, LEFT_EARLY) if flag in event.flags),
            absent_p=event.absent_periods_p,
            absent_k=event.absent_periods_k,
            reason=event.reason,
            by=by,
            at_us=at_us,
            seq=seq,
        )


@dataclass(slots=True)
class RollState:
    """The decisions so far. A later override of the same student replaces the earlier one; both stay in the log."""

    overrides: dict[EnrolmentId, Decision] = field(default_factory=dict)
    confirmed_us: int | None = None
    confirmed_by: AccountId | None = None
    confirmed_seq: int = 0
    marks_sha256: str = ""

    def override(self, decision: Decision) -> None:
        self.overrides[decision.enrolment] = decision

    def confirm(self, event: RollConfirmed, by: AccountId | None, at_us: int, seq: int) -> None:
        self.confirmed_us, self.confirmed_by, self.confirmed_seq = at_us, by, seq
        self.marks_sha256 = event.marks_sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class RollEntry:
    """One student's proposal and what stands in the end. `decision` None: the proposal stands."""

    machine: Mark
    final: Mark
    decision: Decision | None


def decided_roll(proposed: Sequence[Mark], overrides: dict[EnrolmentId, Decision]) -> list[RollEntry]:
    """The roll with the lecturer's decisions put over the machine's proposal."""
    return [_entry(mark, overrides.get(mark.enrolment)) for mark in proposed]


def _entry(machine: Mark, decision: Decision | None) -> RollEntry:
    if decision is None:
        return RollEntry(machine=machine, final=machine, decision=None)
    final = Mark(
        enrolment=machine.enrolment,
        person=machine.person,
        mark=decision.mark,
        flags=decision.flags,
        absent_p=decision.absent_p,
        absent_k=decision.absent_k,
    )
    return RollEntry(machine=machine, final=final, decision=decision)


def unverified(roll: Sequence[RollEntry]) -> list[EnrolmentId]:
    """The students whose mark is still `?`: while there is one, the roll cannot be confirmed."""
    return [entry.final.enrolment for entry in roll if entry.final.mark == UNVERIFIED]


def digest(roll: Sequence[RollEntry]) -> str:
    """Hex SHA-256 of the canonical roll: sorted by enrolment, sorted keys, NFC, integers and strings only."""
    rows = [
        {
            "enrolment": entry.final.enrolment,
            "machine": _values(entry.machine),
            "final": _values(entry.final),
            "reason": entry.decision.reason if entry.decision else "",
        }
        for entry in sorted(roll, key=lambda e: e.final.enrolment)
    ]
    return digest_of(rows)


def _values(mark: Mark) -> dict[str, str | int | list[str]]:
    return {
        "mark": mark.mark,
        "flags": list(mark.flags),
        "absent_p": mark.absent_p,
        "absent_k": mark.absent_k,
    }
