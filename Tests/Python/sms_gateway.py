#!/usr/bin/env python3
"""A gateway for text messages on the loopback, over TLS, that answers as Twilio's Messages API is published.

Usage: sms_gateway.py CERTIFICATE KEY STATUS...     Answers the first request with the first status, and so on; the last one
goes on. Prints its port, then a line of JSON for each request.
"""

import http.server
import json
import ssl
import sys
import urllib.parse


def tell(line):
    """Prints a line in one write, whatever the buffering."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class Messages(http.server.BaseHTTPRequestHandler):
    statuses = [int(status) for status in sys.argv[3:]]

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        answer = {"sid": "SM" + "0" * 32, "status": "queued", "error_code": None}
        if status >= 400:
            answer = {"code": 21211, "message": "Invalid 'To' Phone Number", "status": status}
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if 300 <= status < 400:
            self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()
        seen = {
            "path": self.path, "type": self.headers["Content-Type"], "authorization": self.headers["Authorization"],
            "body": body, "form": dict(urllib.parse.parse_qsl(body, strict_parsing=not body.startswith("{"))),
        }
        tell(json.dumps(seen))

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Messages)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
server.socket = context.wrap_socket(server.socket, server_side=True)
tell(str(server.server_address[1]))
server.serve_forever()
