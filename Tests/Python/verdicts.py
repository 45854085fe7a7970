#!/usr/bin/env python3
"""Says of each bundle of evidence in a file whether it holds: a line of 1 and 0.

    verdicts.py FILE KEY

The file has the bundles one after the other, each after its length in four bytes, most significant first.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Tools" / "checks"))
sys.dont_write_bytecode = True

from proofs import Refused, evidence  # noqa: E402


def holds(bundle, key):
    try:
        evidence.verify(bundle, [key])
    except Refused:
        return False
    return True


def main():
    raw, place, verdicts = Path(sys.argv[1]).read_bytes(), 0, []
    while place < len(raw):
        start = place + 4
        place = start + int.from_bytes(raw[place:start], "big")
        verdicts.append("1" if holds(raw[start:place], sys.argv[2]) else "0")
    print("".join(verdicts))


if __name__ == "__main__":
    main()
