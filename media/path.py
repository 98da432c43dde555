"""What a peer's feedback says of the way to it. A value; what is made of it is in `media.budget` and `media.redundancy`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PathReport:
    """Of one interval; -1 where unknown. `owd_ms`: delay above the path's smallest. `remb_bps` 0: the peer said nothing.

    `estimate_bps`: what the engine's bandwidth estimator holds the path for, in bits per second of datagrams; 0 unknown.
    `sent_bps`: what goes to the peer.
    """

    acked_bps: int
    owd_ms: float
    loss: float
    remb_bps: int = 0
    estimate_bps: int = 0
    sent_bps: int = 0

    @property
    def is_only_told(self) -> bool:
        """Nothing was measured; the peer said what it takes."""
        return self.owd_ms < 0 and self.estimate_bps <= 0 and self.remb_bps > 0
