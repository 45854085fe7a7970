"""Numbers that come from outside (IDs, positions, times) take part in no arithmetic that traps where it overflows."""

from swift_source import Source
from tree import Finding, Tree

# The members that give such a number out of its type.
NUMBERS = {"rawValue", "number", "milliseconds", "seconds", "leafIndex", "treeSize"}
OPERATORS = {"+", "-", "*"}
# The targets that get their numbers from requests, arguments and files. Those below count what is stored.
FOLDERS = (
    "Sources/LedgerEvents",
    "Sources/LedgerDomain",
    "Sources/Projections",
    "Sources/LedgerEngine",
    "Sources/CredentialLedger",
    "Sources/LedgerOperations",
    "Sources/KeyStore",
    "Tools/credledger",
)


def check(tree: Tree):
    for path in tree.swift_paths(*FOLDERS):
        for line, name in violations(tree.swift(path)):
            how = "use .following, Timestamp or an operator that reports overflow"
            yield Finding(path, line, f".{name} comes from outside, and arithmetic on it traps; {how}")


def violations(source: Source):
    """The members of that kind to which an operator is applied, each with its line."""
    tokens = source.tokens
    for index, token in enumerate(tokens):
        if token.text not in NUMBERS or index == 0 or tokens[index - 1].text != ".":
            continue
        texts = [following.text for following in tokens[index + 1 : index + 6]]
        # A number in place of none: `(last?.rawValue ?? 0) + 1`.
        if texts[:2] == ["?", "?"] and texts[3:4] == [")"]:
            place = index + 5
        else:
            place = index + 1
        if place >= len(tokens) or tokens[place].text not in OPERATORS or tokens[place].joined:
            continue
        yield token.line, token.text
