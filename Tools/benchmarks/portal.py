"""The portal's figures for `Tools/bench --server`: pages of an operator over a large ledger, one at a time and by wrk."""

import http.client
import json
import re
import subprocess
import time
import urllib.parse

# How often a page is asked for, one after the other; the first times warm up.
ROUNDS, WARM = 60, 10


class Visitor:
    """A browser that is signed in: keeps its cookie, and sends forms."""

    def __init__(self, origin, first_link):
        self.host = urllib.parse.urlsplit(origin).netloc
        self.connection = http.client.HTTPConnection(self.host)
        self.cookies = {}
        self.get(first_link.removeprefix(origin))
        self.ask("POST", "/portal/sign-in/development", "name=Bench&to=/portal/", {
            "Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"})

    def ask(self, method, path, body=None, headers=None):
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self.connection.request(method, path, body, (headers or {}) | ({"Cookie": cookie} if cookie else {}))
        answer = self.connection.getresponse()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                pair, _, rest = value.partition(";")
                key, _, text = pair.partition("=")
                if "Max-Age=0" in rest:
                    self.cookies.pop(key, None)
                else:
                    self.cookies[key] = text
        return answer, answer.read()

    def get(self, path):
        answer, body = self.ask("GET", path)
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status}")
        return body

    @property
    def cookie(self):
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def times(self, path):
        """How long the page takes, in milliseconds, in the middle of all times."""
        times = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            self.get(path)
            times.append((time.perf_counter() - began) * 1_000)
        return sorted(times[WARM:])[(ROUNDS - WARM) // 2]


class PortalFigures:
    """The pages over a ledger that `credledger simulate` has filled."""

    def __init__(self, run, server, listening):
        self.run = run
        self.server = server
        self.listening = listening

    def of(self, ledger):
        serve = self.listening(
            self.run.credledger, "serve", "--ledger", ledger, "--listen", "127.0.0.1:0", "--development", "--log-level",
            "error", environment={"CREDLEDGER_SERVE_LIMITS_FAILURES": "0"})
        with serve as (process, origin):
            link = next(
                line.split()[-1] for line in process.stdout if line.startswith("the first operator signs in at "))
            visitor = Visitor(origin, link)
            connector = self.busiest(ledger)
            page = f"/portal/connectors/{connector}"
            self.run.report(
                "portal, a connector's page, ms", visitor.times(page), None, None, 5, durable=None, most=True)
            self.run.report(
                "portal, its first view with everything, KB", self.weight(visitor, page) / 1_000, None, None, 50,
                durable=None, most=True)
            filters = urllib.parse.urlencode(
                {"who": f"connector:{connector}", "type": "tokens", "days": "3660"})
            self.run.report(
                "portal, the audit page with three filters, ms", visitor.times(f"/portal/audit?{filters}"), None, None, 10,
                durable=None, most=True)
            for name, path in [
                ("audit page without filters", "/portal/audit"), ("list of connectors", "/portal/connectors"),
                ("access review", "/portal/review"), ("a connector's tokens", f"{page}/tokens"), ("home", "/portal/"),
            ]:
                self.run.report(f"portal, {name}, ms", visitor.times(path), None, None, None, durable=None)
            pages = self.server.wrk(f"{origin}{page}", {"Cookie": visitor.cookie})
            self.run.report("portal, a connector's pages a second", pages["rate"], None, None, 500, durable=None, clients=64)

    def busiest(self, ledger):
        """The number of the connector that has the most tokens."""
        done = subprocess.run(
            [str(self.run.credledger), "audit", "--ledger", str(ledger), "--type", "token.issued", "--group-by",
             "connector", "--format", "json"], check=True, capture_output=True, text=True)
        groups = json.loads(done.stdout)["groups"]
        return max(groups, key=lambda group: int(group["count"]))["key"].removeprefix("connector:")

    @staticmethod
    def weight(visitor, page):
        """How many bytes a browser loads that has nothing yet: the page, and the files that it names."""
        body = visitor.get(page)
        links = set(re.findall(rb'(?:href|src)="(/portal/assets/[^"]+)"', body))
        return len(body) + sum(len(visitor.get(link.decode())) for link in links)
