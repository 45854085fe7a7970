"""Inside a target no folder refers to one that stands above it."""

import re

from tree import Finding, Tree

# The folders of a target, the lowest first.
ROOMS = {
    "EventLog": ("Records", "Threads", "Archive", "Reading", "Writer", "Verification"),
    "Projections": (
        "Rows", "Snapshots", "Directory", "TokenValidity", "AuditTrail", "Deliveries", "LastUse", "PINCounts",
        "Successors", "Set", "History",
    ),
    "LedgerEngine": (
        "Errors", "Text", "Configuration", "Files", "Credentials", "Archives", "Checkpoints", "Requests", "Background",
        "Core", "Submitting", "Signing", "Personal", "Damage", "Recovery", "Clock", "Opening", "Health",
    ),
    "CredentialLedger": (
        "Events", "Disclosure", "Accounts", "Phones", "Groups", "Requests", "Connectors", "ResourceServers", "Grants",
        "Tokens", "SignIn", "Webhooks", "Audit", "CustomEvents", "Feed",
    ),
    "LedgerOperations": (
        "Keys", "Transfer", "History", "Integrity", "Evidence", "Archive", "Backup", "Retention",
    ),
}

MODIFIERS = r"(?:(?:public|package|final|indirect|static|nonisolated|mutating)\s+)*"
TYPE = re.compile(rf"^{MODIFIERS}(?:struct|class|enum|protocol|actor|typealias)\s+(\w+)")
FRONT_DOOR = re.compile(r"^extension Ledger\b")
MEMBER = re.compile(rf"^  {MODIFIERS}(?:func|var)\s+(\w+)")
NAMED = re.compile(r"\b(?:func|var|let|case)\s+(\w+)")


def room(path: str) -> str:
    """The folder of a target that a file is in; empty for the target's own."""
    parts = path.split("/")
    return parts[2] if len(parts) > 3 else ""


def check(tree: Tree):
    declared = {}
    for path in tree.swift_paths("Sources"):
        for line in tree.swift(path).code:
            for name in NAMED.findall(line):
                declared[name] = declared.get(name, 0) + 1
    for target, rooms in ROOMS.items():
        paths = tree.swift_paths(f"Sources/{target}")
        ranks = {name: rank for rank, name in enumerate(rooms)}
        types, members = {}, {}
        for path in paths:
            if room(path) and room(path) not in ranks:
                yield Finding(
                    path, 1, f"{target} has no folder {room(path)} in Tools/checks/rules/folders.py; say there where it stands")
                continue
            is_front_door = False
            for line in tree.swift(path).code:
                if found := TYPE.match(line):
                    types.setdefault(found[1], set()).add(room(path))
                if line and not line[0].isspace():
                    is_front_door = bool(FRONT_DOOR.match(line)) or (is_front_door and line[0] != "}")
                elif is_front_door and (found := MEMBER.match(line)) and declared.get(found[1]) == 1:
                    members[found[1]] = room(path)
        # A name that two folders declare says nothing of where it leads.
        homes = {name: next(iter(folders)) for name, folders in types.items() if len(folders) == 1}
        for path in paths:
            own = ranks.get(room(path))
            if own is not None:
                yield from calls_upward(tree, path, own, ranks, homes, members)


def calls_upward(tree: Tree, path: str, own: int, ranks: dict, homes: dict, members: dict):
    tokens = tree.swift(path).tokens
    extends = any(FRONT_DOOR.match(line) for line in tree.swift(path).code)
    for index, token in enumerate(tokens):
        before = tokens[index - 1].text if index > 0 else ""
        if token.text in homes and before != ".":
            home = homes[token.text]
        elif token.text in members and (
            before == "." and index > 1 and tokens[index - 2].text in ("ledger", "self") or before != "." and extends
        ):
            home = members[token.text]
        else:
            continue
        if ranks.get(home, -1) > own:
            yield Finding(
                path, token.line, f"{room(path)} refers to {token.text} of {home}, which stands above it; move one of them")
