"""Merkle trees (RFC 6962, section 2.1), by the recursive definitions of the RFC rather than by the loops of RFC 9162, which
the ledger's own verifier follows."""

import hashlib


def leaf(record):
    return hashlib.sha256(b"\0" + record).digest()


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def split(size):
    """The largest power of two below a size of at least 2."""
    return 1 << (size - 1).bit_length() - 1


def root(hashes):
    """The root over the hashes of leaves, or of perfect subtrees of one height."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    middle = split(len(hashes))
    return node(root(hashes[:middle]), root(hashes[middle:]))


def root_by_inclusion(index, size, leaf_hash, hashes):
    """The root that an inclusion proof leads to; None if it has a hash too many or too few."""
    if size == 1:
        return None if hashes else leaf_hash
    if not hashes:
        return None
    middle = split(size)
    if index < middle:
        below = root_by_inclusion(index, middle, leaf_hash, hashes[:-1])
        return below and node(below, hashes[-1])
    below = root_by_inclusion(index - middle, size - middle, leaf_hash, hashes[:-1])
    return below and node(hashes[-1], below)


def includes(index, size, leaf_hash, hashes, expected):
    return 0 <= index < size and root_by_inclusion(index, size, leaf_hash, hashes) == expected


def roots_by_consistency(old, new, is_whole, old_root, hashes):
    """The two roots that a consistency proof leads to; None as above."""
    if old == new:
        if is_whole:
            return None if hashes else (old_root, old_root)
        return (hashes[0], hashes[0]) if len(hashes) == 1 else None
    if not hashes:
        return None
    middle = split(new)
    if old <= middle:
        below = roots_by_consistency(old, middle, is_whole, old_root, hashes[:-1])
        return below and (below[0], node(below[1], hashes[-1]))
    below = roots_by_consistency(old - middle, new - middle, False, old_root, hashes[:-1])
    return below and (node(hashes[-1], below[0]), node(hashes[-1], below[1]))


def is_consistent(old, new, old_root, new_root, hashes):
    if not 0 <= old <= new:
        return False
    if old == 0:
        return not hashes and old_root == root([]) and (new > 0 or new_root == old_root)
    return roots_by_consistency(old, new, True, old_root, hashes) == (old_root, new_root)
