"""The incremental tree gives the roots that RFC 6962 §2.1 defines."""

from __future__ import annotations

import hashlib

from server.ledger.merkle import MerkleTree


def _rfc_root(leaves: list[bytes]) -> bytes:
    """MTH as the RFC writes it, by recursion on the largest power of two below n."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\x01" + _rfc_root(leaves[:k]) + _rfc_root(leaves[k:])).digest()


def test_root_is_the_rfc_one_at_every_size() -> None:
    tree, leaves = MerkleTree(), list[bytes]()
    for n in range(70):
        assert tree.root() == _rfc_root(leaves).hex()
        assert tree.size == n
        leaves.append(hashlib.sha256(bytes([n])).digest())
        tree.add(leaves[-1].hex())


def test_tree_of_known_hashes_is_the_tree_grown_one_by_one() -> None:
    hashes = [hashlib.sha256(bytes([n])).hexdigest() for n in range(11)]
    grown = MerkleTree()
    for one in hashes:
        grown.add(one)
    assert MerkleTree(hashes).root() == grown.root()


def test_order_changes_the_root() -> None:
    one, two = (hashlib.sha256(bytes([n])).hexdigest() for n in range(2))
    assert MerkleTree([one, two]).root() != MerkleTree([two, one]).root()
