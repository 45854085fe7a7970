"""Every command follows "Add a command" of CONTRIBUTING: a test without a ledger, and its part in random histories."""

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


def check(tree: Tree):
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
