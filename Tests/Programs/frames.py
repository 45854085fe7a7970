"""A connector program as published ones for Windows are, byte by byte: HttpClient of .NET Framework sends each body only after
`100 Continue`, and PowerShell 5.1 sends its text in ISO-8859-1.

Usage: frames.py BASE ID SECRET REFRESH_TOKEN GROUP MEMBER TEXT      Prints the reference of the message that it posted.
"""

import json
import socket
import sys
from urllib.parse import urlsplit


class Connection:
    def __init__(self, base):
        place = urlsplit(base)
        self.host = place.netloc
        self.socket = socket.create_connection((place.hostname, place.port), timeout=300)
        self.read = b""

    def head(self):
        while b"\r\n\r\n" not in self.read:
            part = self.socket.recv(65536)
            assert part, "the server closed the connection"
            self.read += part
        head, self.read = self.read.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        fields = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines[1:])}
        return int(lines[0].split(" ")[1]), fields

    def send(self, method, path, fields, body=None):
        """Waits for 100 Continue before the body, as long as it takes: .NET would send after 350 ms."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}", *(f"{name}: {value}" for name, value in fields.items())]
        if body is not None:
            lines += ["Content-Type: application/json; charset=utf-8", f"Content-Length: {len(body)}", "Expect: 100-continue"]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        if body is not None:
            status, _ = self.head()
            assert status == 100, f"{method} {path}: {status} before the body"
            self.socket.sendall(body)
        status, fields = self.head()
        length = int(fields["content-length"])
        while len(self.read) < length:
            self.read += self.socket.recv(65536)
        content, self.read = self.read[:length], self.read[length:]
        assert fields["content-type"].startswith("application/json"), fields
        return status, json.loads(content)


def main(base, connector, secret, refresh, group, member, text):
    # One connection for all, as a ServicePoint keeps it.
    connection = Connection(base)
    status, refused = connection.send("GET", f"/v1/groups/{group}", {"accessToken": "cla_ofyesterday"})
    assert status == 401 and refused["errorCode"] == "InvalidToken", refused
    _, signed_in = connection.send(
        "GET", "/v1/accessToken", {"applicationId": connector, "applicationSecret": secret, "refreshToken": refresh})
    fields = {"accessToken": signed_in["accessToken"], "contentType": "application/json"}
    status, found = connection.send("GET", f"/v1/Groups/{group.upper()}", fields)
    assert status == 200 and found["groupId"] == group, found
    status, added = connection.send("PUT", f"/v1/groups/{group}/members", fields, b'\xef\xbb\xbf{"Members":["%s"]}' % member.encode())
    assert status == 200 and added["result"] == "true", added
    status, posted = connection.send(
        "POST", f"/v1/groups/{group}/messages", fields, b'{"Message":"%s","SendToAllSubscribers":"false"}\r\n' % text.encode("latin-1"))
    assert status == 200, posted
    print(posted["referenceId"])


main(*sys.argv[1:])
