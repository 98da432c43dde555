"""Checks checkpoints and seals against a chain: genuine signatures, the same head and root, and nothing cut off behind them."""

from __future__ import annotations

from collections.abc import Mapping

from server.events.stored import Seal
from server.ledger.bundle.chain_check import Point
from server.ledger.bundle.findings import Finding
from server.ledger.bundle.layout import SEALS
from server.ledger.keys import PublicKey
from server.ledger.sealing import CHECKPOINT, SEAL, is_genuine


def lesson_sealed_at(seals: list[Seal]) -> int | None:
    """The last entry of the lesson's own part: what its first seal covers. None: not sealed yet."""
    return min((seal.last_seq for seal in seals if seal.kind == SEAL), default=None)


def check_signatures(seals: list[Seal], log_id: str, key: PublicKey) -> list[Finding]:
    """Every seal must be of this chain, of a known kind, in order, and signed by this key."""
    findings: list[Finding] = []
    before = 0
    for seal in seals:
        if seal.log_id != log_id or seal.kind not in (CHECKPOINT, SEAL) or seal.last_seq < max(before, 1):
            findings.append(Finding(code="seal.misplaced", file=SEALS, detail=str(seal.last_seq)))
        elif not is_genuine(seal, key):
            findings.append(Finding(code="seal.signature", file=SEALS, detail=str(seal.last_seq)))
        before = max(before, seal.last_seq)
    return findings


def check_coverage(seals: list[Seal], points: Mapping[int, Point], last_seq: int) -> list[Finding]:
    """The chain must reach as far as each seal says, and look there as it says. The first disagreement is enough."""
    agreed = 0
    for seal in seals:
        point = points.get(seal.last_seq)
        if point is None:
            return [Finding(code="chain.truncated", seq=last_seq + 1, detail=str(seal.last_seq))]
        if point.hash != seal.head_hash or point.root != seal.merkle_root:
            return [Finding(code="seal.disagrees", seq=agreed + 1, detail=str(seal.last_seq))]
        agreed = seal.last_seq
    return []
