"""Single proofs, as `credledger prove` prints them in JSON."""

import json

from proofs import Refused, merkle, note, record
from proofs.evidence import exactly


def hash_of(value):
    raw = note.from_base64(exactly(value, str, "a hash"))
    if len(raw) != 32:
        raise Refused("a hash has 32 bytes")
    return raw


def verify(raw, keys):
    """Checks a proof, and says what it proves."""
    try:
        proof = exactly(json.loads(raw), dict, "the object")
    except ValueError as error:
        raise Refused(f"no JSON: {error}") from None
    hashes = [hash_of(value) for value in exactly(proof.get("hashes"), list, "hashes")]
    head = note.verified_checkpoint(exactly(proof.get("checkpoint"), str, "checkpoint").encode(), keys)
    if "position" in proof:
        return inclusion(proof, hashes, head)
    return consistency(proof, hashes, head)


def inclusion(proof, hashes, head):
    position = exactly(proof.get("position"), int, "position")
    leaf = hash_of(proof.get("leafHash"))
    if "record" in proof:
        entry = note.from_base64(exactly(proof.get("record"), str, "record"))
        record.header(entry, position)
        if leaf != merkle.leaf(entry):
            raise Refused("the record does not hash to its leaf")
    if exactly(proof.get("treeSize"), int, "treeSize") != head.size or hash_of(proof.get("root")) != head.root:
        raise Refused("the proof is not of the tree that is signed")
    if not merkle.includes(position - 1, head.size, leaf, hashes, head.root):
        raise Refused("the record and its proof do not lead to the root that is signed")
    what = "the record" if "record" in proof else f"a record with the hash {leaf.hex()}, in an archive,"
    return f"{what} at {position} is among the {head.size} of {head.origin}"


def consistency(proof, hashes, head):
    old, new = exactly(proof.get("oldSize"), int, "oldSize"), exactly(proof.get("newSize"), int, "newSize")
    if new != head.size or hash_of(proof.get("newRoot")) != head.root:
        raise Refused("the later tree is not the one that is signed")
    if not merkle.is_consistent(old, new, hash_of(proof.get("oldRoot")), head.root, hashes):
        raise Refused("the earlier tree is not the beginning of the later")
    return f"the {new} events of {head.origin} begin with the {old} under the root {hash_of(proof['oldRoot']).hex()}"
