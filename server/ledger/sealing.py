"""Making and checking one seal. Which seals a chain has is the writer's and the verifier's matter."""

from __future__ import annotations

from msgspec.structs import replace

from server.events.stored import Seal, signed_bytes
from server.ids import LogId
from server.ledger.keys import PublicKey, SchoolKey
from server.ledger.merkle import MerkleTree

CHECKPOINT = "checkpoint"
SEAL = "seal"


def make_seal(key: SchoolKey, kind: str, log_id: LogId, head_hash: str, tree: MerkleTree, at_us: int) -> Seal:
    """A signed seal over the chain as it stands."""
    unsigned = Seal(
        log_id=log_id,
        kind=kind,
        last_seq=tree.size,
        head_hash=head_hash,
        merkle_root=tree.root(),
        sealed_us=at_us,
        key_id=key.key_id,
    )
    return replace(unsigned, signature=key.sign(signed_bytes(unsigned)))


def is_genuine(seal: Seal, key: PublicKey) -> bool:
    """Whether this key signed exactly this seal."""
    return seal.key_id == key.key_id and key.has_signed(signed_bytes(seal), seal.signature)
