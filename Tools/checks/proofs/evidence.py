"""Bundles of evidence, as Schemas/files/evidence.schema.json and the library's documentation describe them."""

import base64
import json

from proofs import Refused, merkle, note, record


def exactly(value, kind, what):
    if type(value) is not kind:
        raise Refused(f"{what} is missing or of another kind")
    return value


def text_of(bundle):
    """The one form of the file."""
    ordered = {
        "format": "credledger-evidence",
        "version": 1,
        "checkpoint": bundle["checkpoint"],
        "keys": bundle["keys"],
        "records": [
            {
                "position": position,
                "record": base64.b64encode(raw).decode(),
                "inclusion": [base64.b64encode(hash).decode() for hash in hashes],
            }
            for position, raw, hashes in bundle["records"]
        ],
    }
    return (json.dumps(ordered, indent=2, ensure_ascii=False) + "\n").encode()


def parse(raw):
    """Reads a bundle and checks its form."""
    try:
        parsed = exactly(json.loads(raw.decode("utf-8")), dict, "the object")
        if parsed.get("format") != "credledger-evidence" or exactly(parsed.get("version"), int, "version") != 1:
            raise Refused("this is no evidence in a version that is known")
        bundle = {
            "checkpoint": exactly(parsed.get("checkpoint"), str, "checkpoint"),
            "keys": [exactly(key, str, "a key") for key in exactly(parsed.get("keys"), list, "keys")],
            "records": [item(entry) for entry in exactly(parsed.get("records"), list, "records")],
        }
        if len(bundle["keys"]) > 100 or len(bundle["records"]) > 10_000:
            raise Refused("too many keys or records")
        if text_of(bundle) != raw:
            raise Refused("the file is not in the one form that evidence has")
    except (ValueError, RecursionError) as error:
        raise Refused(f"no JSON in UTF-8: {error}") from None
    return bundle


def item(entry):
    entry = exactly(entry, dict, "a record")
    position = exactly(entry.get("position"), int, "position")
    raw = note.from_base64(exactly(entry.get("record"), str, "record"))
    hashes = [
        note.from_base64(exactly(hash, str, "a hash")) for hash in exactly(entry.get("inclusion"), list, "inclusion")
    ]
    if not 0 <= position < note.LIMIT or len(raw) > 65_535 or len(hashes) > 64 or any(len(hash) != 32 for hash in hashes):
        raise Refused("a record or its proof is beyond the limits")
    return position, raw, hashes


def verify(raw, keys, witnesses=()):
    """Checks a bundle whole; the checkpoint, the trusted keys that signed it, and the headers of the records."""
    bundle = parse(raw)
    signed = note.Note.parse(bundle["checkpoint"].encode())
    head = note.Checkpoint.parse(signed.text)
    headers = []
    last = 0
    # Signatures last: they cost the most, and most damage shows before.
    for position, entry, hashes in bundle["records"]:
        if not last < position <= head.size:
            raise Refused(f"position {position} is out of order, or not covered")
        last = position
        if not merkle.includes(position - 1, head.size, merkle.leaf(entry), hashes, head.root):
            raise Refused(f"the record at {position} and its proof do not lead to the root")
        headers.append(record.header(entry, position))
    if not headers or not bundle["keys"] or len(set(bundle["keys"])) < len(bundle["keys"]):
        raise Refused("records or keys are missing, or a key is there twice")
    signers = note.require_signatures(signed, head, keys, witnesses)
    for header in headers:
        signers = note.require_present(signers, header.replaced, header.position)
    for text in bundle["keys"]:
        key = note.Key.parse(text)
        if key.kind != note.ED25519 or key.name != head.origin or not signed.signers([key]):
            raise Refused("a key that comes with the evidence has not signed")
    return head, signers, headers
