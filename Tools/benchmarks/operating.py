"""An operator's and an auditor's day, by the library and by the program's commands from start to end."""

import subprocess
import time


def measure(run):
    standing(run, run.filled, f"{run.tokens:,} tokens")
    taken = run.ours("days", run.filled)["seconds"] * 1_000
    run.report(f"audit --group-by day, ms, {run.tokens:,} tokens", taken, None, None, 2_000, durable=None, most=True)
    verified = timed(run, "verify", "--ledger", run.filled)
    listed = timed(run, "state", "--select", "tokens", "--format", "ndjson", "--ledger", run.filled)
    run.report(
        "state --select tokens, tokens a second", run.tokens / listed, run.tokens / verified, "verify", 0.3,
        durable=None)
    people = 100_000
    with run.scratch() as folder:
        ledger = folder / "ledger"
        run.ours("people", ledger, people)
        taken = run.ours("find", ledger)["seconds"] * 1_000
        run.report(f"find, ms, {people:,} people", taken, None, None, 5, durable=None, most=True)
        taken = timed(run, "review", "grants", "--format", "csv", "--ledger", ledger)
        run.report(f"review grants, s, {people:,} grants", taken, None, None, 2, durable=None, most=True)
        taken = run.ours("review", ledger)["seconds"] * 1_000
        run.report(f"first page of a review, ms, {people:,} grants", taken, None, None, 10, durable=None, most=True)
    several(run)


def several(run, count=64):
    """What ledgers of one process take together, each read and written: an embedder with many tenants."""
    for name, sharing in [("", 0), (", sharing readers", 1)]:
        with run.scratch() as folder:
            found = run.ours("several", folder / "ledger", count, sharing)
        run.report(f"threads of {count} ledgers{name}", found["threads"], None, None, None, durable=None, most=True)
        run.report(
            f"memory of {count} ledgers, MiB{name}", found["memory"] / 2**20, None, None, None, durable=None, most=True)
        run.report(
            f"address space of {count} ledgers, GiB{name}", found["addressSpace"] / 2**30, None, None, None, durable=None,
            most=True)


def standing(run, folder, label):
    """What `status` and `stats` ask of the library: a few look-ups, however many events there are."""
    found = run.ours("status", folder)
    for name, figure in [("status", "seconds"), ("stats", "statistics")]:
        run.report(f"{name}, ms, {label}", found[figure] * 1_000, None, None, 20, durable=None, most=True)


def timed(run, *arguments) -> float:
    """How long the program takes for a command, in seconds."""
    start = time.monotonic()
    subprocess.run(
        [str(part) for part in (run.credledger, *arguments)], check=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    return time.monotonic() - start
