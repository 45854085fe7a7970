"""Commands, events and projections stand in the places that the recipes of CONTRIBUTING name for them, also in those that no
compiler asks for: a command in a test without a ledger and in random histories, an event with its samples, a projection with its
digests."""

import re

from tree import Finding, Tree

DECLARED = re.compile(r"^(?:package|public) struct (\w+): (?:\w+, )*(?:\w*Command)\b", re.MULTILINE)
RULES = "Sources/LedgerDomain"
TESTS = "Tests/LedgerDomainTests"
WALK = re.compile(r"^Tests/ProjectionsTests/Walk.*\.swift$")
# Random histories are of what people and programs do. These have tests with whole ledgers instead.
NOT_WALKED = {
    # What is done once, or to the ledger as a whole.
    "CreateLedger", "ConfigureOversight", "RecordRestore", "ApplyRetention", "CorrectClock",
    # What is recorded of keys, and needs a key store.
    "RecordKeys", "RecordMasterKey", "RecordSigningKeys", "RecordLostKeys", "UseProposal",
    # What changes no row that the model has.
    "RecordPINDispatch", "RecordSignInRefusal", "RecordSignOut", "RevealPersonalData", "ReportLeak",
    # Not in random histories so far: their tests in LedgerDomainTests and CredentialLedgerTests are all there is.
    "RegisterAccount", "AcceptInvitation", "IssueOwnToken",
    "CreateResourceServer", "DeleteResourceServer", "RotateResourceServerSecret",
}

EVENTS = "Schemas/events/list.txt"
EVENT = re.compile(r"(?P<number>\d+) +(?P<name>[a-z_]+\.[a-z_]+) +(?P<message>\w+)(?: +(?P<version>\d+))?\s*")
GOLDEN = "Tests/LedgerEventsTests/Golden"
SAMPLES = re.compile(r"^Tests/LedgerEventsTests/Samples\w*\.swift$")
# The files that each event has a case in.
OF_EVENTS = [
    "Sources/LedgerEvents/LedgerEvent+Subjects.swift", "Sources/Projections/Directory/Directory+Apply.swift",
    "Sources/Projections/TokenValidity/StandingEffect.swift", "Sources/CredentialLedger/Events/AuditEntry+Details.swift",
    "Tests/LedgerEventsTests/SubjectTests.swift", "Tests/LedgerTestSupport/ModelState+Apply.swift",
]
PROJECTION = re.compile(r"^Sources/Projections/(?P<type>\w+)/(?P=type)\.swift$")
# The files that each projection is in, and whether by its type or by the name of its digest.
OF_PROJECTIONS = {
    "Sources/Projections/Set/ProjectionTables.swift": "{type}",
    "Sources/Projections/Set/ProjectionCheckpoint.swift": "{type}.schemaVersion",
    "Sources/Projections/Set/ProjectionDigest.swift": "{digest}",
    "Sources/Projections/Set/ProjectionRebuild.swift": "{digest}",
    "Sources/LedgerOperations/Integrity/Verification.swift": "{digest}",
    "Sources/LedgerOperations/Backup/BackupManifest.swift": "{digest}",
    "Schemas/files/backup-manifest.schema.json": "{digest}",
}


def check(tree: Tree):
    yield from check_commands(tree)
    yield from check_events(tree)
    yield from check_projections(tree)


def read(tree: Tree, path: str) -> str:
    """A file's text; empty where there is none."""
    return tree.text(path) or "" if path in tree.paths else ""


def read_all(tree: Tree, pattern: re.Pattern) -> str:
    return "\n".join(read(tree, path) for path in tree.paths if pattern.match(path))


def lower_first(name: str) -> str:
    return name[0].lower() + name[1:]


def check_events(tree: Tree):
    found = []
    for line, words in enumerate(read(tree, EVENTS).splitlines(), start=1):
        if event := EVENT.fullmatch(words):
            found.append((line, event, lower_first(event["message"])))
    if not found:
        yield Finding(EVENTS, 1, "no event is listed, so none is checked")
    samples = read_all(tree, SAMPLES)
    types = read(tree, f"{GOLDEN}/types.txt").splitlines()
    for line, event, case in found:
        missing = [] if re.search(rf"\.{case}\b", samples) else ["a sample"]
        for version in range(1, int(event["version"] or 1) + 1):
            schemas = read_all(tree, re.compile(rf"^Schemas/events/v{version}/\w+\.proto$"))
            comment = rf"^// {re.escape(event['name'])}\b.*\n(?://.*\n)*message {event['message']} "
            if not re.search(comment, schemas, re.MULTILINE):
                missing.append(f"in Schemas/events/v{version} a message under a comment that begins with its name")
            if f"{event['number']} {version} {event['name']}" not in types:
                missing.append(f"version {version} in {GOLDEN}/types.txt")
            if f"{GOLDEN}/{event['name']}.v{version}.hex" not in tree.paths:
                missing.append(f"{GOLDEN}/{event['name']}.v{version}.hex")
        if missing:
            yield Finding(EVENTS, line, f"'{event['name']}' lacks {'; '.join(missing)}; see CONTRIBUTING, Add an event")
    for path in OF_EVENTS:
        cases = set(re.findall(r"\.(\w+)", read(tree, path)))
        for name in [event["name"] for _, event, case in found if case not in cases]:
            yield Finding(path, 1, f"'{name}' is not here; see CONTRIBUTING, Add an event")


def check_projections(tree: Tree):
    names = [
        found["type"] for found in map(PROJECTION.match, tree.paths)
        if found and "static let schemaVersion" in read(tree, found.string)
    ]
    if not names:
        yield Finding("Sources/Projections", 1, "no projection has a schemaVersion, so none is checked")
    for path, form in OF_PROJECTIONS.items():
        for name in names:
            word = form.format(type=name, digest=lower_first(name))
            if not re.search(rf"\b{re.escape(word)}\b", read(tree, path)):
                yield Finding(path, 1, f"no '{word}' is here; see CONTRIBUTING, Add a projection")


def check_commands(tree: Tree):
    tests = " ".join(tree.text(path) or "" for path in tree.swift_paths(TESTS))
    walk = " ".join(tree.text(path) or "" for path in tree.swift_paths("Tests") if WALK.match(path))
    for path in tree.swift_paths(RULES):
        text = tree.text(path) or ""
        for found in DECLARED.finditer(text):
            name, line = found[1], text.count("\n", 0, found.start()) + 1
            if not re.search(rf"\b{name}\b", tests):
                yield Finding(path, line, f"no test of {TESTS} performs '{name}'; see CONTRIBUTING, Add a command")
            if name not in NOT_WALKED and not re.search(rf"\b{name}\b", walk):
                yield Finding(path, line, f"random histories (Walk) do not perform '{name}'; see CONTRIBUTING, Add a command")
