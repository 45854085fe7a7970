"""Pictures of pages for a repository: few colours, in a palette (PNG, W3C Recommendation 2003)."""

import struct
import zlib
from collections import Counter


def rows(data):
    """The width, and the rows of a PNG of 8 bits a channel, as (red, green, blue)."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    place, packed = 8, b""
    while place < len(data):
        size, kind = struct.unpack(">I4s", data[place:place + 8])
        body = data[place + 8:place + 8 + size]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", body[:10])
            assert depth == 8 and colour in (2, 6)
            step = 3 if colour == 2 else 4
        elif kind == b"IDAT":
            packed += body
        place += size + 12
    raw, stride = zlib.decompress(packed), width * step
    before = bytearray(stride)
    found = []
    for y in range(height):
        start = y * (stride + 1)
        way, line = raw[start], bytearray(raw[start + 1:start + 1 + stride])
        for x in range(stride):
            left = line[x - step] if x >= step else 0
            if way == 1:
                line[x] = line[x] + left & 255
            elif way == 2:
                line[x] = line[x] + before[x] & 255
            elif way == 3:
                line[x] = line[x] + (left + before[x]) // 2 & 255
            elif way == 4:
                corner = before[x - step] if x >= step else 0
                guess = left + before[x] - corner
                nearest = min((abs(guess - left), 0, left), (abs(guess - before[x]), 1, before[x]), (abs(guess - corner), 2, corner))
                line[x] = line[x] + nearest[2] & 255
        found.append([tuple(line[x:x + 3]) for x in range(0, stride, step)])
        before = line
    return width, found


def shrink(path):
    """Writes a picture anew with at most 256 colours, the channels as coarse as that needs."""
    with open(path, "rb") as file:
        width, lines = rows(file.read())
    counts = Counter(pixel for line in lines for pixel in line)
    # What most of a page is of stays as it is; the edges of letters need less.
    exact = {pixel for pixel, _ in counts.most_common(96)}
    for coarse in (8, 16, 24, 32, 48, 64):
        known = {
            pixel: pixel if pixel in exact else tuple(min(255, round(value / coarse) * coarse) for value in pixel)
            for pixel in counts}
        palette = sorted(set(known.values()))
        if len(palette) <= 256:
            break
    index = {pixel: palette.index(colour) for pixel, colour in known.items()}
    raw = b"".join(b"\0" + bytes(index[pixel] for pixel in line) for line in lines)

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, len(lines), 8, 3, 0, 0, 0)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"PLTE", bytes(sum(palette, ())))
                   + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b""))
