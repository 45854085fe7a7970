"""A log published as files (C2SP tlog-tiles)."""

import re
from pathlib import Path

from proofs import Refused, merkle, note, record

WIDTH = 256


def path_of(kind, index, width):
    digits = f"{index % 1000:03}"
    rest = index // 1000
    while rest:
        digits = f"x{rest % 1000:03}/{digits}"
        rest //= 1000
    return f"tile/{kind}/{digits}" + (f".p/{width}" if width < WIDTH else "")


def tiles_of(level, size):
    """The index and width of each tile of a level in a tree of a size."""
    count = size >> 8 * level
    for index in range(count // WIDTH):
        yield index, WIDTH
    if count % WIDTH:
        yield count // WIDTH, count % WIDTH


def read(folder, path):
    try:
        return (folder / path).read_bytes()
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}") from None


def hashes_of(folder, level, index, width):
    raw = read(folder, path_of(level, index, width))
    if len(raw) != 32 * width:
        raise Refused(f"{path_of(level, index, width)} has {len(raw)} bytes, not {32 * width}")
    return [raw[place:place + 32] for place in range(0, len(raw), 32)]


def entries_of(folder, index, width):
    path = path_of("entries", index, width)
    raw, entries, place = read(folder, path), [], 0
    while place < len(raw):
        start = place + 2
        place = start + int.from_bytes(raw[place:start], "big")
        if place > len(raw):
            raise Refused(f"{path} ends in the middle of an entry")
        entries.append(raw[start:place])
    if len(entries) != width:
        raise Refused(f"{path} has {len(entries)} entries, not {width}")
    return entries


def verify(folder, keys, witnesses=()):
    """Checks every entry, tile and the checkpoint against each other, and returns the checkpoint."""
    folder = Path(folder)
    head, signers = note.verified_signers(read(folder, "checkpoint"), keys, witnesses)
    below = []
    for index, width in tiles_of(0, head.size):
        entries = entries_of(folder, index, width)
        for place, entry in enumerate(entries):
            header = record.header(entry, index * WIDTH + place + 1)
            signers = note.require_present(signers, header.replaced, header.position)
        if hashes_of(folder, 0, index, width) != [merkle.leaf(entry) for entry in entries]:
            raise Refused(f"{path_of(0, index, width)} does not match its entries")
    level = 0
    rows = []  # The hashes of each level that no full tile of it covers, from the leaves up.
    while head.size >> 8 * level:
        tiles = [hashes_of(folder, level, index, width) for index, width in tiles_of(level, head.size)]
        if level and [hash for tile in tiles for hash in tile] != below:
            raise Refused(f"the tiles of level {level} do not match those below")
        below = [merkle.root(tile) for tile in tiles if len(tile) == WIDTH]
        rows.append(tiles[-1] if len(tiles[-1]) < WIDTH else [])
        level += 1
    if root_of(rows) != head.root:
        raise Refused("the tiles do not lead to the root that is signed")
    check_remains(folder)
    return head


def root_of(rows):
    """The root over the incomplete tiles at the right edge: each perfect subtree, the largest first."""
    perfect = []
    for hashes in reversed(rows):
        start = 0
        while start < len(hashes):
            count = 1 << (len(hashes) - start).bit_length() - 1
            perfect.append(merkle.root(hashes[start:start + count]))
            start += count
    if not perfect:
        return merkle.root([])
    root = perfect.pop()
    while perfect:
        root = merkle.node(perfect.pop(), root)
    return root


def check_remains(folder):
    """Partial tiles of earlier checkpoints must be beginnings of the later ones."""
    partials = {}
    for path in folder.glob("tile/**/*.p/*"):
        if not re.fullmatch(r"[1-9][0-9]{0,2}", path.name) or int(path.name) >= WIDTH:
            raise Refused(f"{path} is no partial tile")
        partials.setdefault(path.parent, []).append(int(path.name))
    for parent, widths in partials.items():
        full = parent.with_suffix("")
        longest = full if full.exists() else parent / str(max(widths))
        for width in widths:
            if not longest.read_bytes().startswith((parent / str(width)).read_bytes()):
                raise Refused(f"{parent / str(width)} is not the beginning of {longest}")
