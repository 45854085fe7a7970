"""Single proofs, as `credledger prove` prints them in JSON."""

import json

from proofs import Refused, merkle, note, record
from proofs.evidence import exactly


def hash_of(value):
    raw = note.from_base64(exactly(value, str, "a hash"))
    if len(raw) != 32:
        raise Refused("a hash has 32 bytes")
    return raw


INCLUSION = {"position", "treeSize", "root", "leafHash", "hashes", "checkpoint"}, {"record", "archived"}
CONSISTENCY = {"oldSize", "newSize", "oldRoot", "newRoot", "hashes", "checkpoint"}, set()


def members(pairs):
    """An object, in which no member is there twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Refused("a member is there twice")
    return found


def verify(raw, keys):
    """Checks a proof; what it proves, and the trusted keys that signed."""
    try:
        text = raw.decode("utf-8")
        proof = exactly(json.loads(text, object_pairs_hook=members), dict, "the object")
        # A lone surrogate is no text.
        json.dumps(proof, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise Refused(f"no JSON in UTF-8: {error}") from None
    required, optional = INCLUSION if "position" in proof else CONSISTENCY
    if not required <= set(proof) <= required | optional:
        raise Refused("a member is missing, or not known")
    hashes = [hash_of(value) for value in exactly(proof.get("hashes"), list, "hashes")]
    head, signers = note.verified_signers(exactly(proof.get("checkpoint"), str, "checkpoint").encode(), keys)
    prove = inclusion if "position" in proof else consistency
    return prove(proof, hashes, head), signers


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
