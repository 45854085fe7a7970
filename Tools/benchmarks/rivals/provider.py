"""The Python peer of the server's figures, running: an OAuth provider by Authlib on PostgreSQL, served by gunicorn."""

import json
import os
import socket
import subprocess
import sys
import time
from base64 import b64encode
from pathlib import Path

from postgres import Postgres

PACKAGES = ["Authlib==1.9.10", "Flask==3.1.3", "gunicorn==27.0.1", "psycopg2-binary==2.9.13", "SQLAlchemy==2.1.9"]
HERE = Path(__file__).resolve().parent


class Provider:
    """A provider with one client and one token. A context manager: it stops, and its database goes, at the end.

    As many workers as processors, of four threads each.
    """

    def __init__(self, build: Path, folder: Path):
        self.python = build / "provider" / "bin" / "python"
        self.folder = folder

    def install(self):
        """Raises CalledProcessError where the packages cannot be had."""
        known = self.python.exists() and subprocess.run(
            [self.python, "-c", "import authlib, flask, gunicorn, psycopg2, sqlalchemy"], capture_output=True)
        if known and known.returncode == 0:
            return
        for command in [
                [sys.executable, "-m", "venv", self.python.parent.parent],
                [self.python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *PACKAGES]]:
            subprocess.run(list(map(str, command)), check=True, stdout=sys.stderr)

    def __enter__(self):
        self.install()
        self.postgres = Postgres(self.folder).__enter__()
        try:
            environment = os.environ | {
                "PEER_DATABASE": f"postgresql+psycopg2://{self.postgres.user}@/postgres?host={self.postgres.folder}",
                "PYTHONDONTWRITEBYTECODE": "1"}
            made = subprocess.run(
                [self.python, HERE / "authlib_provider.py"], env=environment, check=True, capture_output=True, text=True)
            self.known = json.loads(made.stdout)
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            self.origin = f"http://127.0.0.1:{port}"
            self.server = subprocess.Popen(
                [self.python, "-m", "gunicorn", "--workers", str(os.cpu_count()), "--threads", "4", "--no-control-socket",
                 "--log-level", "error", "--bind", f"127.0.0.1:{port}", "authlib_provider:application"],
                cwd=HERE, env=environment)
            self.wait(port)
        except BaseException:
            self.__exit__()
            raise
        return self

    def wait(self, port):
        """Until it takes connections; a minute at most."""
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("the Python peer does not listen")

    def __exit__(self, *_):
        if hasattr(self, "server"):
            self.server.terminate()
            self.server.wait()
        self.postgres.__exit__()

    @property
    def headers(self):
        basic = b64encode(f"{self.known['id']}:{self.known['secret']}".encode()).decode()
        return {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"}
