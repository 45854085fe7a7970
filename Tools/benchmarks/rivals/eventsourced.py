"""The Python package `eventsourcing` as a rival: one aggregate a token, saved one by one to a SQLite file.

Usage: eventsourced.py FILE SECONDS. Prints the tokens a second.
"""

import os
import sys
import time
from uuid import uuid4

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event


class Token(Aggregate):
    @event("Issued")
    def __init__(self, connector: str, grant: str, digest: str, expires_at: int):
        self.connector = connector
        self.grant = grant
        self.digest = digest
        self.expires_at = expires_at


def main(path: str, seconds: float):
    application = Application(env={"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": path})
    connector, grant = str(uuid4()), str(uuid4())
    tokens = 0
    began = time.monotonic()
    while time.monotonic() < began + seconds:
        application.save(Token(connector, grant, os.urandom(32).hex(), 1_700_000_000_000))
        tokens += 1
    print(round(tokens / (time.monotonic() - began)))


main(sys.argv[1], float(sys.argv[2]))
