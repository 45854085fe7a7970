"""The header of a record, as the format of the log lays it out."""

from dataclasses import dataclass

from proofs import Refused


@dataclass
class Header:
    position: int
    time: int  # milliseconds since 1970
    type: int
    version: int
    replaced: bytes | None  # the key of checkpoints that the event says to have been replaced


SIGNING_KEY_ROTATED = 90


class Reader:
    def __init__(self, raw):
        self.raw, self.place = raw, 0

    def take(self, count):
        if count < 0 or self.place + count > len(self.raw):
            raise Refused("the record ends in the middle of its header")
        self.place += count
        return self.raw[self.place - count:self.place]

    def integer(self, count, signed=False):
        return int.from_bytes(self.take(count), "little", signed=signed)

    def varint(self):
        value = 0
        for shift in range(0, 70, 7):
            byte = self.integer(1)
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                if value >> 64:
                    break
                return value
        raise Refused("a number in the record is too long")


def header(raw, position):
    """Reads the header of the record at a position."""
    reader = Reader(raw)
    if reader.integer(1) != 1:
        raise Refused("the record has a format that is not known")
    version, kind = reader.integer(1), reader.integer(2)
    found, time = reader.integer(8), reader.integer(8, signed=True)
    flags, subjects = reader.integer(1), reader.integer(1)
    if found != position or flags & ~7 or subjects > 8:
        raise Refused("the record says another position, or is malformed")
    for _ in range(subjects + 1):  # the actor first
        reader.take(1)
        reader.varint()
    if flags & 1 and not 1 <= len(reader.take(reader.integer(1))) <= 64:
        raise Refused("the request ID is malformed")
    if flags & 2 and not reader.take(reader.integer(1)):
        raise Refused("the address is empty")
    if flags & 4:
        reader.take(32)
    replaced = before(raw[reader.place:]) if kind == SIGNING_KEY_ROTATED else None
    return Header(found, time, kind, version, replaced)


def before(payload):
    """Field 1 of a protobuf message whose fields are all bytes; nothing where it has another form."""
    reader = Reader(payload)
    while reader.place < len(payload):
        tag = reader.varint()
        if tag & 7 != 2:
            return None
        value = reader.take(reader.varint())
        if tag >> 3 == 1:
            return value
    return None
