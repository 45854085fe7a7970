"""Targets import only the layers below them, and Package.swift says the same."""

import re

from tree import Finding, Tree

# What each target under Sources may import of ours and of other packages.
ALLOWED = {
    "LedgerFiles": {"CPlatform"},
    "LedgerCrypto": {"COpenSSL"},
    "LMDB": {"LedgerFiles", "CLMDB"},
    "TransparencyLog": {"LedgerCrypto"},
    "KeyStore": {"LedgerFiles", "LedgerCrypto", "CPlatform"},
    "LedgerEvents": {"LedgerCrypto", "SwiftProtobuf"},
    "EventLog": {"LMDB", "TransparencyLog", "LedgerFiles", "LedgerCrypto", "CPlatform"},
    "LedgerDomain": {"LedgerEvents", "LedgerCrypto"},
    "Projections": {
        "EventLog", "LedgerDomain", "LedgerEvents", "KeyStore", "LMDB", "LedgerFiles", "LedgerCrypto",
    },
    "LedgerEngine": {
        "Projections", "LedgerDomain", "LedgerEvents", "EventLog", "KeyStore", "TransparencyLog", "LMDB",
        "LedgerFiles", "LedgerCrypto",
    },
    "CredentialLedger": {
        "LedgerEngine", "Projections", "LedgerDomain", "LedgerEvents", "EventLog", "KeyStore", "TransparencyLog",
        "LedgerCrypto",
    },
    "LedgerOperations": {
        "CredentialLedger", "LedgerEngine", "Projections", "LedgerDomain", "LedgerEvents", "EventLog", "KeyStore",
        "TransparencyLog", "LMDB", "LedgerCrypto",
    },
    "LedgerTesting": {"CredentialLedger"},
    "LedgerServices": {"CredentialLedger", "ServiceLifecycle", "Metrics", "Tracing"},
    "HTTPSupport": {"CredentialLedger", "Hummingbird", "HTTPTypes", "Logging", "NIOCore"},
    "TokenService": {"CredentialLedger", "HTTPSupport", "Hummingbird", "HTTPTypes"},
    "OutgoingHTTP": {"AsyncHTTPClient", "NIOCore", "NIOPosix", "NIOSSL"},
    "MessageStore": {"CredentialLedger", "EventLog", "KeyStore", "LMDB"},
    "PlatformService": {
        "CredentialLedger", "LedgerServices", "HTTPSupport", "MessageStore", "OutgoingHTTP", "Hummingbird", "HTTPTypes",
    },
    "ManagementPortal": {
        "CredentialLedger", "LedgerOperations", "HTTPSupport", "MessageStore", "OutgoingHTTP", "Hummingbird",
        "HTTPTypes", "NIOCore", "NIOPosix", "JWTKit", "Logging",
    },
    "LedgerServer": {
        "CredentialLedger", "LedgerServices", "HTTPSupport", "TokenService", "PlatformService", "ManagementPortal",
        "MessageStore", "OutgoingHTTP", "Hummingbird", "HummingbirdCore", "HummingbirdHTTP2", "AsyncHTTPClient",
        "Configuration", "ServiceLifecycle", "Logging", "HTTPTypes", "NIOCore", "NIOPosix", "NIOHTTP1", "NIOHTTPTypes", "NIOSSL",
        "NIOTLS", "Tracing", "Metrics",
    },
}
# Modules of the platform. Foundation has a rule of its own.
PLATFORM = {"Swift", "Glibc", "Synchronization"}
FOUNDATION = {"Foundation", "FoundationEssentials", "FoundationNetworking", "FoundationInternationalization"}
# A command decides from its arguments alone; with Glibc it could read a clock or a file.
WITHOUT_GLIBC = {"LedgerDomain"}

IMPORT_KINDS = {"struct", "class", "enum", "protocol", "func", "var", "let", "typealias"}
LIBRARY = re.compile(r'\blibrary\(\s*"(\w+)"((?:\s*,\s*(?:"\w+"|\w+))*)\s*\)')
PRODUCT = re.compile(r'\blet\s+(\w+)\s*=\s*Target\.Dependency\.product\(name:\s*"(\w+)"')


def imports(tree: Tree, path: str):
    """The modules a file imports, each with its line."""
    tokens = tree.swift(path).tokens
    for index, token in enumerate(tokens[:-1]):
        if token.text != "import" or (index > 0 and tokens[index - 1].text == "."):
            continue
        name = tokens[index + 1]
        if name.text in IMPORT_KINDS:
            name = tokens[index + 2]
        yield name.text, token.line


def check(tree: Tree):
    for path in tree.paths:
        parts = path.split("/")
        if parts[0] != "Sources" or len(parts) < 3 or not path.endswith(".swift"):
            continue
        target = parts[1]
        if target not in ALLOWED:
            yield Finding(path, 1, f"{target} is no layer of Tools/checks/rules/layers.py; say there what it imports")
            continue
        for module, line in imports(tree, path):
            if module in FOUNDATION:
                continue
            if module == "Glibc" and target in WITHOUT_GLIBC:
                yield Finding(path, line, f"{target} imports Glibc; commands are pure and do no I/O")
            elif module not in ALLOWED[target] | PLATFORM:
                yield Finding(path, line, f"{target} may not import {module}; a layer imports only those below it")
    yield from check_manifest(tree)


def check_manifest(tree: Tree):
    path = "Package.swift"
    text = tree.text(path) if path in tree.paths else ""
    products = dict(PRODUCT.findall(text))
    declared = {}
    for match in LIBRARY.finditer(text):
        names = re.findall(r'"?\w+"?', match[2])
        line = text.count("\n", 0, match.start()) + 1
        declared[match[1]] = line, {products.get(name, name.strip('"')) for name in names}
    for target, allowed in ALLOWED.items():
        if target not in declared:
            yield Finding(path, 1, f"no library(\"{target}\", ...), which Tools/checks/rules/layers.py draws")
            continue
        line, dependencies = declared[target]
        for name in sorted(dependencies - allowed):
            yield Finding(path, line, f"{target} may not depend on {name}; a layer depends only on those below it")
        for name in sorted(allowed - dependencies):
            yield Finding(path, line, f"{target} does not declare {name}, which Tools/checks/rules/layers.py allows it")
    for target in sorted(set(declared) - set(ALLOWED)):
        yield Finding(path, declared[target][0], f"{target} is no layer of Tools/checks/rules/layers.py")
