"""The server's figures for `Tools/bench --server`: by wrk, beside a constant route of the same framework in the same run."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from base64 import b64encode
from contextlib import contextmanager

from platform_figures import PlatformFigures, Receiver
from portal import PortalFigures
from provider import Provider

CONNECTIONS = 64
UNLIMITED = {
    "CREDLEDGER_SERVE_LIMITS_CONNECTOR_CALLS": "0",
    "CREDLEDGER_SERVE_LIMITS_ORGANISATION_CALLS": "0",
    "CREDLEDGER_SERVE_LIMITS_FAILURES": "0",
}


@contextmanager
def listening(*command, environment=None):
    """A server and where it listens; told to end afterwards, which must go well."""
    process = subprocess.Popen(
        list(map(str, command)), stdout=subprocess.PIPE, text=True, env=os.environ | (environment or {}))
    try:
        line = process.stdout.readline()
        if not line.startswith("listening on "):
            raise RuntimeError(f"{command[0]} does not listen")
        yield process, line.split()[-1]
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            raise RuntimeError(f"{command[0]} did not end") from None


class ServerFigures:
    """One run: a ledger of the four steps, the server, and the ceiling."""

    def __init__(self, run, folder):
        self.run = run
        self.folder = folder
        self.ledger = folder / "ledger"
        self.script = folder / "request.lua"

    def all(self):
        done = subprocess.run(
            [str(self.run.credledger), "walkthrough", "--ledger", str(self.ledger), "--leave-open", "--format", "json"],
            check=True, capture_output=True, text=True)
        found = json.loads(done.stdout)
        found = found.get("credentials", found)
        self.id, self.secret, self.refresh = (
            found["connectorID"], found["connectorSecret"], found["refreshToken"])
        receiver = Receiver(self.folder)
        platform = PlatformFigures(self, receiver)
        self.refresh = platform.prepare(self.id)
        ceiling = listening(self.run.build_path("server-ceiling"))
        server = listening(
            self.run.credledger, "serve", "--ledger", self.ledger, "--listen", "127.0.0.1:0", "--log-level", "error",
            environment=UNLIMITED | receiver.environment)
        with ceiling as (_, constant), server as (process, origin):
            token = self.measure(process.pid, origin, constant)
            platform.measure(process.pid, origin, constant, token, resident)
        self.start_of_a_large_ledger()

    def measure(self, server, origin, constant):
        kaizala = {
            "applicationId": self.id, "applicationSecret": self.secret, "refreshToken": self.refresh}
        with urllib.request.urlopen(urllib.request.Request(f"{origin}/v1/accessToken", headers=kaizala)) as answer:
            issued = answer.read()
        token = json.loads(issued)["accessToken"]
        basic = "Basic " + b64encode(f"{self.id}:{self.secret}".encode()).decode()
        form = {"Authorization": basic, "Content-Type": "application/x-www-form-urlencoded"}
        body = urllib.parse.urlencode({"token": token})
        with urllib.request.urlopen(
                urllib.request.Request(f"{origin}/oauth2/introspect", body.encode(), form)) as answer:
            size = len(answer.read())
        most = self.wrk(f"{constant}/constant/{size}", form, body)
        ours = self.wrk(f"{origin}/oauth2/introspect", form, body)
        self.report("introspection", ours["rate"], most["rate"], "constant POST", 0.8, durable=None)
        introspections = ours["rate"]
        most = self.wrk(f"{constant}/constant/0", {"accessToken": token})
        ours = self.wrk(f"{origin}/check", {"accessToken": token})
        self.report("/check", ours["rate"], most["rate"], "constant GET", 0.8, durable=None)
        self.report("/check, 99th percentile, ms", ours["p99"], most["p99"], "constant GET", None, durable=None)
        self.report("/check, 99th percentile at most, ms", ours["p99"], None, None, 5, durable=None, most=True)
        self.report("/check, slowest, ms", ours["slowest"], None, None, 200, durable=None, most=True)
        most = self.wrk(f"{constant}/constant/{len(issued)}", kaizala)
        ours = self.wrk(f"{origin}/v1/accessToken", kaizala)
        self.report(
            "GET /v1/accessToken", ours["rate"], most["rate"], "constant GET", 0.5,
            batch="all that wait at a time")
        self.beside_python(introspections, ours["rate"])
        before, asked = resident(server), 0
        while asked < self.run.requests:
            asked += self.wrk(f"{origin}/check", {"accessToken": token})["requests"]
        grown = (resident(server) - before) / 2**20
        self.report(
            f"memory more after {asked:,} times /check, MiB", max(grown, 0), None, None, 16, durable=None, most=True)
        return token

    def beside_python(self, introspections, issued):
        """The same of a provider in Python, where it can be installed. Its commits are durable as well, one for each token."""
        try:
            with Provider(self.run.build, self.folder) as peer:
                token = urllib.parse.urlencode({"token": peer.known["access"]})
                rate = self.wrk(f"{peer.origin}/oauth/introspect", peer.headers, token)["rate"]
                self.report("introspection, beside Python", introspections, rate, "Authlib on PostgreSQL", None, durable=None)
                trade = urllib.parse.urlencode({"grant_type": "refresh_token", "refresh_token": peer.known["refresh"]})
                rate = self.wrk(f"{peer.origin}/oauth/token", peer.headers, trade)["rate"]
                self.report("access token, beside Python", issued, rate, "Authlib on PostgreSQL", None)
        except (subprocess.CalledProcessError, RuntimeError) as error:
            print(f"The Python peer is left out: {error}", file=sys.stderr)

    def start_of_a_large_ledger(self):
        ledger = self.folder / "large"
        subprocess.run(
            [str(self.run.credledger), "simulate", "--ledger", str(ledger), "--events", str(self.run.events), "--seed", "7"],
            check=True, capture_output=True)
        times = []
        for _ in range(5):
            began = time.monotonic()
            with listening(
                    self.run.credledger, "serve", "--ledger", ledger, "--listen", "127.0.0.1:0", "--log-level", "error"):
                times.append((time.monotonic() - began) * 1_000)
        self.report(
            f"start with {self.run.events:,} events, ms", sorted(times)[2], None, None, 200, durable=None, most=True)
        PortalFigures(self.run, self, listening).of(ledger)

    def wrk(self, url, headers, body=None):
        """Requests a second, and how long they took, in milliseconds."""
        lines = [f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}" for name, value in headers.items()]
        if body is not None:
            lines += ['wrk.method = "POST"', f"wrk.body = {json.dumps(body)}"]
        lines += [
            "done = function(summary, latency, requests)",
            '  io.write(string.format("figures %d %f %f %d\\n", summary.requests, latency:percentile(99) / 1000,',
            "    latency.max / 1000, summary.errors.status + summary.errors.connect + summary.errors.timeout))",
            "end",
        ]
        self.script.write_text("\n".join(lines) + "\n")
        done = subprocess.run(
            ["wrk", "-t", "2", "-c", str(CONNECTIONS), "-d", f"{self.run.seconds}s", "-s", str(self.script), url],
            check=True, capture_output=True, text=True)
        figures = re.search(r"^figures (\d+) ([\d.]+) ([\d.]+) (\d+)$", done.stdout, re.MULTILINE)
        rate = re.search(r"^Requests/sec:\s+([\d.]+)$", done.stdout, re.MULTILINE)
        if not figures or not rate or int(figures[4]) > 0:
            raise RuntimeError(f"wrk, {url}: {done.stdout}")
        return {
            "rate": float(rate[1]), "requests": int(figures[1]), "p99": float(figures[2]),
            "slowest": float(figures[3]),
        }

    def report(self, scenario, ours, rival, rival_name, target, **more):
        self.run.report(scenario, ours, rival, rival_name, target, clients=CONNECTIONS, **more)


def resident(process) -> int:
    """Memory of a process outside every file's map, in bytes."""
    with open(f"/proc/{process}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) << 10 for line in file if line.startswith("RssAnon:"))
