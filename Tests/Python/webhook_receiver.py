#!/usr/bin/env python3
"""A receiver of webhooks over TLS: webhook_receiver.py CERTIFICATE KEY

Prints its port, then a line of JSON for each request. The first part of the path says how it answers: ok, fail, slow,
redirect, late (to the handshake), mute (no token), blank (the token with blanks around it), and to deliveries alone moved (a
redirect), hang (no answer), short (less of a body than announced), recover (fails once, hangs once, then takes all). Of requests
to quiet, which are answered as ok, no line is printed, so that nobody has to read it.
"""

import http.server
import itertools
import json
import ssl
import sys
import threading
import time
import urllib.parse

lock = threading.Lock()
# One for each delivery to "recover".
turns = itertools.count()


def tell(value):
    with lock:
        print(json.dumps(value), flush=True)


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @property
    def mode(self):
        return urllib.parse.urlsplit(self.path).path.strip("/").split("/")[0]

    def do_GET(self):
        query = urllib.parse.urlsplit(self.path).query
        if self.mode != "quiet":
            tell({"method": "GET", "path": self.path})
        token = urllib.parse.parse_qs(query).get("validationToken", [""])[0]
        if self.mode == "mute":
            self.answer(200, b"hello")
        elif self.mode == "late":
            time.sleep(7)
            self.answer(200, token.encode())
        elif self.mode == "redirect":
            self.answer(302, Location="/ok?" + query)
        elif self.mode == "error":
            self.answer(500, token.encode())
        elif self.mode == "blank":
            self.answer(200, b" " + token.encode() + b"\r\n")
        else:
            self.answer(200, token.encode())

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.mode != "quiet":
            headers = {name.lower(): value for name, value in self.headers.items()}
            tell({"method": "POST", "path": self.path, "headers": headers, "body": body.decode()})
        if self.mode == "slow":
            time.sleep(9)
        turn = next(turns) if self.mode == "recover" else None
        if self.mode == "hang" or turn == 1:
            time.sleep(60)
        if self.mode == "short":
            self.close_connection = True
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"<html>")
        elif self.mode == "fail" or turn == 0:
            self.answer(500)
        elif self.mode == "moved":
            self.answer(307, Location="/elsewhere")
        else:
            self.answer(200, b"<html>thanks</html>")


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
server.daemon_threads = True
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print(server.server_address[1], flush=True)
server.serve_forever()
