"""The figures of the REST API for `Tools/bench --server`: groups, members and messages, beside a constant route, and webhooks that
are told to a receiver on this machine."""

import asyncio
import json
import ssl
import subprocess
import threading
import time
import urllib.parse
import urllib.request

HOST = "hooks.example.org"
PERMISSIONS = ["group-information", "group-member-list", "text-message", "outgoing-webhooks"]
MEMBERS = 1_000
# How many members a call may add.
BATCH = 200


class Receiver:
    """Takes deliveries over TLS as fast as it can, and counts them; answers the handshake."""

    def __init__(self, folder):
        self.certificate, key = folder / "hooks.pem", folder / "hooks.key"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=hooks",
             "-addext", f"subjectAltName=DNS:{HOST}", "-days", "2", "-keyout", str(key), "-out", str(self.certificate)],
            check=True, capture_output=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.certificate, key)
        self.count = 0
        self.loop = asyncio.new_event_loop()
        started = threading.Event()
        threading.Thread(target=self.serve, args=(started,), daemon=True).start()
        started.wait()

    def serve(self, started):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self.answer, "127.0.0.1", 0, ssl=self.context))
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        self.loop.run_forever()

    async def answer(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                line = head.split(b"\r\n", 1)[0].split()
                length = next(
                    (int(field.split(b":")[1]) for field in head.lower().split(b"\r\n") if field.startswith(b"content-length:")), 0)
                if length:
                    await reader.readexactly(length)
                query = urllib.parse.parse_qs(urllib.parse.urlsplit(line[1].decode()).query)
                token = query.get("validationToken", [""])[0]
                if not token:
                    self.count += 1
                body = token.encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()

    @property
    def environment(self):
        return {
            "CREDLEDGER_SERVE_WEBHOOKS_ADDRESSES": f"{HOST}=127.0.0.1",
            "CREDLEDGER_SERVE_WEBHOOKS_TRUST": str(self.certificate),
        }


class PlatformFigures:
    """The group of the four steps, by a token that may do everything there."""

    def __init__(self, figures, receiver):
        self.figures = figures
        self.receiver = receiver

    def prepare(self, connector):
        """Before the server starts: lets the connector do more, and gives it the group again."""
        program, ledger = str(self.figures.run.credledger), ["--ledger", str(self.figures.ledger)]
        options = [word for name in PERMISSIONS for word in ("--permission", name)]
        subprocess.run([program, "connector", "update", connector, *options, *ledger], check=True, capture_output=True)
        group = self.read(program, "group", "list", *ledger)[0]
        self.group = group["id"]
        grant = self.read(
            program, "grant", "create", "--connector", connector, "--group", group["group"].split(":")[1], "--granter",
            self.read(program, "account", "list", *ledger)[-1]["account"].split(":")[1], *ledger)
        return grant["refreshToken"]

    @staticmethod
    def read(*command):
        done = subprocess.run([*command, "--format", "json"], check=True, capture_output=True, text=True)
        return json.loads(done.stdout)

    def measure(self, process, origin, constant, token, resident):
        wrk, report = self.figures.wrk, self.figures.report
        header = {"accessToken": token}
        path = f"{origin}/v1/groups/{self.group}"
        size = len(self.ask("GET", path, header))
        most = wrk(f"{constant}/constant/{size}", header)
        ours = wrk(path, header)
        report("GET /groups/{id}", ours["rate"], most["rate"], "constant GET", 0.7, durable=None)
        body = json.dumps({"message": "a message of ordinary length, as programs send them"})
        post = header | {"Content-Type": "application/json"}
        size = len(self.ask("POST", f"{path}/messages", post, body))
        most = wrk(f"{constant}/constant/{size}", post, body)
        ours = wrk(f"{path}/messages", post, body)
        report(
            "POST /groups/{id}/messages", ours["rate"], most["rate"], "constant POST", 0.4, batch="all that wait at a time")
        self.members(process, origin, path, header, resident)
        self.webhooks(origin, path, header)

    def members(self, process, origin, path, header, resident):
        report, large = self.figures.report, self.figures.run.members
        self.add(path, header, 1, MEMBERS)
        before = self.served(origin)
        for _ in range(50):
            self.ask("GET", f"{path}/members", header)
        after = self.served(origin)
        report(
            f"GET members of {MEMBERS:,}, ms in the server", (after[1] - before[1]) / (after[0] - before[0]) * 1_000, None, None,
            2, durable=None, most=True)
        self.add(path, header, MEMBERS, large)
        memory = resident(process)
        for _ in range(10):
            told = len(json.loads(self.ask("GET", f"{path}/members", header))["members"])
            if told != large:
                raise RuntimeError(f"{told:,} of {large:,} members were told")
        before, told = self.served(origin), self.paged(path, header)
        after = self.served(origin)
        if told != large:
            raise RuntimeError(f"{told:,} of {large:,} members were told by pages")
        report(
            f"a page of {MEMBERS:,} of {large:,} members, ms in the server", (after[1] - before[1]) / (after[0] - before[0]) * 1_000,
            None, None, 2, durable=None, most=True)
        self.ask("POST", f"{path}/messages", header, json.dumps({"message": "to all of them"}))
        report(
            f"memory more after {large:,} members, 10 times, pages and a message, MiB", max((resident(process) - memory) / 2**20, 0), None, None, 64,
            durable=None, most=True)

    def add(self, path, header, first, last):
        """Members of numbers that nobody has, so that there are as many as `last`."""
        for start in range(first, last, BATCH):
            numbers = [f"+3369{1_000_000 + number}" for number in range(start, min(start + BATCH, last))]
            self.ask("PUT", f"{path}/members", header, json.dumps({"members": numbers}))

    def paged(self, path, header):
        """How many members there are by pages."""
        told, cursor = 0, ""
        while cursor is not None:
            page = json.loads(self.ask("GET", f"{path}/members?count={MEMBERS}&cursor={cursor}", header))
            told, cursor = told + len(page["members"]), page.get("cursor")
        return told

    def served(self, origin):
        """How many times members were asked for, and for how many seconds altogether."""
        found = {}
        for line in self.ask("GET", f"{origin}/metrics", {}).decode().splitlines():
            if "/members\"" in line and 'method="GET"' in line and 'status="200"' in line:
                name, value = line.split("{")[0], float(line.rsplit(" ", 1)[1])
                found[name] = found.get(name, 0) + value
        return found.get("http_request_duration_seconds_count", 0), found.get("http_request_duration_seconds_sum", 0)

    def webhooks(self, origin, path, header):
        """As many webhooks as connections, each of which is told of each message."""
        listeners = 64
        for number in range(listeners):
            self.ask("POST", f"{origin}/v1/webhook", header, json.dumps({
                "objectId": self.group, "objectType": "Group", "eventTypes": ["TextMessageCreated"],
                "callBackUrl": f"https://{HOST}:{self.receiver.port}/{number}"}))
        messages = 100
        self.receiver.count, began = 0, time.monotonic()
        for _ in range(messages):
            self.ask("POST", f"{path}/messages", header, json.dumps({"message": "told to all"}))
        while self.receiver.count < messages * listeners and time.monotonic() - began < 120:
            time.sleep(0.01)
        seconds = time.monotonic() - began
        if self.receiver.count < messages * listeners:
            raise RuntimeError(f"{self.receiver.count} of {messages * listeners} deliveries came")
        self.figures.report(
            f"webhook deliveries a second, {listeners} receivers", self.receiver.count / seconds, None, None, 1_000)

    @staticmethod
    def ask(method, url, headers, body=None):
        request = urllib.request.Request(url, body.encode() if body else None, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            return answer.read()
