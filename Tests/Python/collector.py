#!/usr/bin/env python3
"""A collector of traces on the loopback. Prints its port, then the body of each request for /v1/traces, a line each."""

import http.server
import json
import sys


def tell(line):
    """Prints a line in one write, whatever the buffering."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class Traces(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.path == "/v1/traces" and self.headers["Content-Type"] == "application/json"
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")
        tell(json.dumps(body))

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Traces)
tell(str(server.server_address[1]))
server.serve_forever()
