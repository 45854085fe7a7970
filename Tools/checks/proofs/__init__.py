"""A second verifier of what a ledger proves, written from the specifications alone: so that a fault common to the program
that proves and the program that checks would show.

RFC 6962 and RFC 9162 (Merkle trees), RFC 8032 (Ed25519), C2SP signed-note, tlog-checkpoint, tlog-cosignature and tlog-tiles.
Needs Python's standard library, and nothing of the ledger's.
"""


class Refused(Exception):
    """What was to be checked does not hold; says why."""
