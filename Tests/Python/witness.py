#!/usr/bin/env python3
"""A small witness (C2SP tlog-witness), for tests: real in what it checks, with its state in memory.

    witness.py --log VKEY... [--name NAME] [--fault FAULT]

Listens on a free port of this machine, and prints its address and its public key, a line each. Ends with its standard
input. A fault makes it answer wrongly: "forged" signs something else, "stranger" signs by another key, "huge" answers
without end, "status" answers 503, "moving" names another size each time.
"""

import argparse
import base64
import hashlib
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Tools" / "checks"))
sys.dont_write_bytecode = True

from proofs import Refused, ed25519, merkle, note  # noqa: E402

LIMIT = 1 << 20


class Reply(Exception):
    def __init__(self, status, body=b"", kind="text/plain"):
        self.status, self.body, self.kind = status, body, kind


class Witness:
    def __init__(self, name, logs, fault):
        self.seed = hashlib.sha256(name.encode()).digest()
        self.key = note.Key.make(name, note.COSIGNATURE, ed25519.public_key(self.seed))
        self.logs = [note.Key.parse(log) for log in logs]
        self.fault = fault
        self.cosigned = {}  # origin: (size, root)
        self.lock = threading.Lock()

    def add_checkpoint(self, body):
        head, empty, raw = body.partition(b"\n\n")
        lines = head.decode("ascii").split("\n")
        if not empty or not lines[0].startswith("old ") or len(lines) > 64:
            raise Reply(400)
        old = note.from_decimal(lines[0].removeprefix("old "))
        proof = [note.from_base64(line) for line in lines[1:]]
        signed = note.Note.parse(raw)
        checkpoint = note.Checkpoint.parse(signed.text)
        keys = [key for key in self.logs if key.name == checkpoint.origin]
        if not keys:
            raise Reply(404)
        try:
            if not signed.signers(keys):
                raise Reply(403)
        except Refused:
            raise Reply(403) from None
        if old > checkpoint.size:
            raise Reply(400)
        with self.lock:
            size, root = self.cosigned.get(checkpoint.origin, (0, merkle.root([])))
            if old != size or self.fault == "moving":
                raise Reply(409, b"%d\n" % (size if old != size else old + 1), "text/x.tlog.size")
            if old == checkpoint.size and root != checkpoint.root:
                raise Reply(409)
            if not merkle.is_consistent(old, checkpoint.size, root, checkpoint.root, proof):
                raise Reply(422)
            self.cosigned[checkpoint.origin] = checkpoint.size, checkpoint.root
        return self.cosignature(signed.text)

    def cosignature(self, text):
        if self.fault == "forged":
            text = "another\n" + text
        seed, key = self.seed, self.key
        if self.fault == "stranger":
            seed = bytes(32)
            key = note.Key.make(key.name, note.COSIGNATURE, ed25519.public_key(seed))
        now = int(time.time())
        signature = ed25519.sign(seed, b"cosignature/v1\ntime %d\n" % now + text.encode())
        raw = key.id + now.to_bytes(8, "big") + signature
        return f"\u2014 {key.name} {base64.b64encode(raw).decode()}\n".encode()


def serve(witness):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def do_POST(self):
            body = self.rfile.read(min(LIMIT, int(self.headers["Content-Length"])))
            try:
                if self.path != "/add-checkpoint":
                    raise Reply(404)
                if witness.fault == "status":
                    raise Reply(503)
                if witness.fault == "huge":
                    return self.flood()
                self.reply(200, witness.add_checkpoint(body), "text/plain")
            except Reply as reply:
                self.reply(reply.status, reply.body, reply.kind)
            except (Refused, UnicodeDecodeError):
                self.reply(400, b"", "text/plain")

        def reply(self, status, body, kind):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def flood(self):
            self.send_response(200)
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            try:
                while True:
                    self.wfile.write(b"\n" * 65_536)
            except OSError:
                pass

    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--log", action="append", required=True)
    parser.add_argument("--name", default="witness.example.org")
    parser.add_argument("--fault")
    arguments = parser.parse_args()
    witness = Witness(arguments.name, arguments.log, arguments.fault)
    server = serve(witness)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_port}\n{witness.key}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
