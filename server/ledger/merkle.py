"""The Merkle tree of RFC 6962 §2.1 over the hashes of a chain, kept as its frontier: O(log n) memory, O(log n) per entry.

Leaf: SHA-256(0x00 ‖ the 32 bytes of the entry's hash). Node: SHA-256(0x01 ‖ left ‖ right). No entries: SHA-256 of nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


class MerkleTree:
    """A tree that only grows. `root` can be asked at any time."""

    def __init__(self, entry_hashes: Iterable[str] = ()) -> None:
        self._subtrees: list[tuple[int, bytes]] = []
        self.size = 0
        for entry_hash in entry_hashes:
            self.add(entry_hash)

    def add(self, entry_hash: str) -> None:
        """Append the entry whose hash (hex) this is."""
        height, node = 0, hashlib.sha256(b"\x00" + bytes.fromhex(entry_hash)).digest()
        while self._subtrees and self._subtrees[-1][0] == height:
            node = _parent(self._subtrees.pop()[1], node)
            height += 1
        self._subtrees.append((height, node))
        self.size += 1

    def root(self) -> str:
        """The root over all entries so far, in hex."""
        if not self._subtrees:
            return hashlib.sha256().hexdigest()
        node = self._subtrees[-1][1]
        for _, left in reversed(self._subtrees[:-1]):
            node = _parent(left, node)
        return node.hex()


def _parent(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
