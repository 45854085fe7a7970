"""PostgreSQL as a rival: a cluster of its own, as it comes, that goes when the run ends."""

import glob
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from pathlib import Path


class Postgres:
    """A running server with one table of events. A context manager: it stops and its files go at the end."""

    def __init__(self, folder: Path):
        # The server refuses to run as root, so everything it touches belongs to its own user then.
        self.user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        self.folder = Path(tempfile.mkdtemp(prefix="credledger-bench-", dir=reachable(folder)))
        self.binaries = Path(sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1])

    def __enter__(self):
        try:
            if os.geteuid() == 0:
                shutil.chown(self.folder, self.user)
            self._run("initdb", "-D", self.folder / "data", "-A", "trust")
            options = f"-k {self.folder} -c listen_addresses= -c synchronous_commit=on"
            self._run("pg_ctl", "-D", self.folder / "data", "-o", options, "-l", self.folder / "log", "-w", "start")
            self.sql("create table events (position bigserial primary key, record bytea not null)")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if (self.folder / "data" / "postmaster.pid").exists():
            self._run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "stop", check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def sql(self, text: str):
        """Runs statements, each in a transaction of its own, since some may run in no other way."""
        for statement in filter(str.strip, text.split(";")):
            self._run("psql", "-h", self.folder, "-d", "postgres", "-qc", statement)

    def inserts(self, clients: int, seconds: float, size: int) -> float:
        """Single-row inserts a second, each a transaction of its own."""
        statement = f"insert into events (record) values (decode(repeat('5a', {size}), 'hex'));\n"
        return self._pgbench(statement, clients, seconds)

    def reads(self, clients: int, seconds: float, rows: int, size: int) -> float:
        """Prepared reads by primary key a second, of random rows out of `rows`."""
        self.sql(
            "drop table if exists tokens; create table tokens (position bigint primary key, record bytea not null);"
            f"insert into tokens select n, decode(repeat('5a', {size}), 'hex') from generate_series(1, {rows}) n;"
            "vacuum analyze tokens"
        )
        statement = f"\\set n random(1, {rows})\nselect record from tokens where position = :n;\n"
        self._pgbench(statement, clients, 1)
        return self._pgbench(statement, clients, seconds)

    def _pgbench(self, statement: str, clients: int, seconds: float) -> float:
        script = self.folder / "script.sql"
        script.write_text(statement)
        script.chmod(0o644)
        told = self._run(
            "pgbench", "-h", self.folder, "-n", "-M", "prepared", "-c", clients, "-j", "2", "-T", max(1, int(seconds)),
            "-f", script, "postgres",
        )
        return float(re.search(r"tps = ([\d.]+)", told)[1])

    def _run(self, program: str, *arguments, check=True) -> str:
        command = [str(self.binaries / program), *map(str, arguments)]
        if os.geteuid() == 0:
            command = ["runuser", "-u", self.user, "--", *command]
        # A file takes the output: a server that is started keeps a pipe open for as long as it runs.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(command, cwd="/", stdout=output, stderr=subprocess.STDOUT, text=True)
            output.seek(0)
            told = output.read()
        if check and done.returncode != 0:
            raise RuntimeError(f"{program} failed:\n{told}")
        return told


def reachable(folder: Path) -> Path:
    """The folder, or one on the same disk that every user may enter."""
    if all(parent.stat().st_mode & 0o001 for parent in [folder, *folder.parents]):
        return folder
    other = Path("/var/tmp")
    if other.stat().st_dev != folder.stat().st_dev:
        raise RuntimeError(f"{other} is on another disk than {folder}, which other users may not enter; chmod it")
    return other
