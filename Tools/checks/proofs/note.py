"""Signed notes (C2SP signed-note), checkpoints (tlog-checkpoint) and cosignatures (tlog-cosignature)."""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field, replace

from proofs import Refused, ed25519

ED25519 = 1
COSIGNATURE = 4
LIMIT = 1 << 64
# A cosignature's time is above 0, which says that there is none, and before the year 10000.
TIMES = range(1, 253_402_300_800)


def from_base64(text):
    """The bytes of base64 in its one form: with padding, without stray bits."""
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(f"no base64: {error}") from None
    if base64.b64encode(decoded).decode() != text:
        raise Refused("base64 in another form than the usual")
    return decoded


def from_decimal(text):
    if not (text.isascii() and text.isdigit()) or str(int(text[:20])) != text or int(text) >= LIMIT:
        raise Refused("no whole number below 2^64")
    return int(text)


def is_key_name(name):
    return bool(name) and all(character >= " " and character != "+" and not character.isspace() for character in name)


@dataclass(frozen=True)
class Key:
    name: str
    id: bytes
    kind: int
    material: bytes
    last_size: int | None = field(default=None, compare=False)  # counts for no larger tree

    @staticmethod
    def make(name, kind, material):
        return Key(name, hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + material).digest()[:4], kind, material)

    @staticmethod
    def parse(text):
        text, bound = re.fullmatch(r"(.*?)(?:@([0-9]+))?", text, re.DOTALL).groups()
        parts = text.split("+", 2)
        if len(parts) != 3 or not is_key_name(parts[0]):
            raise Refused("a key is <name>+<ID>+<base64>")
        raw = from_base64(parts[2])
        if len(raw) != 33 or raw[0] not in (ED25519, COSIGNATURE):
            raise Refused("the key is of an unsupported type")
        if not ed25519.is_key(raw[1:]):
            raise Refused("the key is no point of the curve, or one of small order")
        key = Key.make(parts[0], raw[0], raw[1:])
        if str(key) != text:
            raise Refused("the key's ID is not its own")
        if bound is None:
            return key
        if key.kind != ED25519:
            raise Refused("only a ledger's key has a size that it counts up to")
        return replace(key, last_size=from_decimal(bound))

    def __str__(self):
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([self.kind]) + self.material).decode()}"


@dataclass
class Note:
    text: str
    signatures: list  # of (name, key ID, signature)

    @staticmethod
    def parse(raw):
        if len(raw) > 1 << 20:
            raise Refused("a note has at most 1 MiB")
        try:
            whole = raw.decode("utf-8")
        except UnicodeDecodeError:
            raise Refused("a note is UTF-8") from None
        if any(character < " " and character != "\n" for character in whole) or not whole.endswith("\n"):
            raise Refused("a note has control characters, or no line end at its end")
        end = whole.rfind("\n\n")
        if end <= 0:
            raise Refused("a note is text, an empty line and signatures")
        lines = whole[end + 2:].split("\n")[:-1]
        if len(lines) > 100:
            raise Refused("a note has at most 100 signatures")
        return Note(whole[:end + 1], [Note.signature(line) for line in lines])

    @staticmethod
    def signature(line):
        parts = line.removeprefix("\u2014 ").split(" ", 1)
        if not line.startswith("\u2014 ") or len(parts) != 2 or not is_key_name(parts[0]):
            raise Refused("a signature is a dash, a name and base64")
        raw = from_base64(parts[1])
        if len(raw) < 5:
            raise Refused("a signature is empty")
        return parts[0], raw[:4], raw[4:]

    def is_signed(self, key, signature):
        message = self.text.encode()
        if key.kind == COSIGNATURE:
            time = int.from_bytes(signature[:8], "big")
            if len(signature) != 72 or time not in TIMES:
                return False
            message = b"cosignature/v1\ntime %d\n" % time + message
            signature = signature[8:]
        return ed25519.verify(key.material, signature, message)

    def signers(self, keys):
        """Those of the keys that have signed; a wrong signature by a known key refuses the note."""
        signers = []
        for key in keys:
            claimed = [raw for name, id, raw in self.signatures if (name, id) == (key.name, key.id)]
            if not all(self.is_signed(key, raw) for raw in claimed):
                raise Refused(f"the signature by {key.name} is not of this text")
            if claimed and key not in signers:
                signers.append(key)
        return signers


@dataclass
class Checkpoint:
    origin: str
    size: int
    root: bytes

    @staticmethod
    def parse(text):
        lines = text.split("\n")[:-1]
        if len(lines) < 3 or not all(lines):
            raise Refused("a checkpoint is the lines origin, size and root")
        root = from_base64(lines[2])
        if len(root) != 32:
            raise Refused("a root has 32 bytes")
        return Checkpoint(lines[0], from_decimal(lines[1]), root)


def log_keys(keys):
    """Keys of a log by their texts, none of which may be a witness's."""
    parsed = [Key.parse(text) for text in keys]
    if not parsed or any(key.kind != ED25519 for key in parsed):
        raise Refused("a log's key is needed")
    return parsed


def require_signatures(note, checkpoint, keys, witnesses=()):
    """Refuses a checkpoint that no trusted key of its origin has signed, or not every witness; those that have."""
    signers = [key for key in note.signers(log_keys(keys)) if key.name == checkpoint.origin]
    if not signers:
        raise Refused("no trusted key of this log has signed the checkpoint")
    signers = [key for key in signers if key.last_size is None or checkpoint.size <= key.last_size]
    if not signers:
        raise Refused("the key that has signed was replaced before the log had as many entries")
    for text in witnesses:
        key = Key.parse(text)
        if key.kind != COSIGNATURE or not note.signers([key]):
            raise Refused(f"the witness {key.name} has not cosigned")
    return signers


def require_present(signers, before, position):
    """Those of the signers but the one that the entry at a position says to have been replaced."""
    signers = [key for key in signers if key.material != before]
    if not signers:
        raise Refused(f"the checkpoint is signed by a key that the entry at {position} says to have been replaced")
    return signers


def verified_signers(raw, keys, witnesses=()):
    """The checkpoint of a note, once its signatures are checked, and the trusted keys that have signed."""
    note = Note.parse(raw)
    checkpoint = Checkpoint.parse(note.text)
    return checkpoint, require_signatures(note, checkpoint, keys, witnesses)
