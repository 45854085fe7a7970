"""What doc comments, pages and the README show as examples is compiled: each line stands elsewhere too."""

from tree import Finding, Tree

# The folders whose examples are checked, and the tests that repeat them.
LIBRARY = ("Sources/LedgerEngine/", "Sources/CredentialLedger/", "Sources/LedgerOperations/", "Sources/LedgerServices/")
TESTS = "Tests/CredentialLedgerTests/DocumentedCalls"
# The same for the product that depends on more packages.
TESTS_OF_SERVICES = "Tests/LedgerServicesTests/DocumentedCalls"
# The sample package, which the README takes its lines from.
SAMPLE = "Tools/examples/embedded/"


def check(tree: Tree):
    compiled = set()
    for path in tree.swift_paths("Tests"):
        if path.startswith((TESTS, TESTS_OF_SERVICES)):
            compiled |= {line.strip() for line in tree.text(path).splitlines()}
    for path in tree.swift_paths("Sources"):
        if not path.startswith(LIBRARY):
            continue
        for number, line in examples(tree.text(path)):
            if line and not line.startswith("//") and line not in compiled:
                yield uncompiled(path, number, line, f"{TESTS}Tests.swift")
    for path in tree.paths:
        if path.startswith(LIBRARY) and path.endswith(".md"):
            for number, line in fenced(tree.text(path)):
                if line and not line.startswith("//") and line not in compiled:
                    yield uncompiled(path, number, line, f"{TESTS}OfPages.swift")
    if "README.md" in tree.paths:
        sample = {line.strip() for path in tree.swift_paths("Tools") if path.startswith(SAMPLE)
                  for line in tree.text(path).splitlines()}
        for number, line in fenced(tree.text("README.md")):
            if line and not line.startswith("//") and line not in sample:
                yield uncompiled("README.md", number, line, SAMPLE)


def uncompiled(path: str, number: int, line: str, place: str) -> Finding:
    return Finding(path, number, f"the example is not compiled: repeat the line in {place}: {line}")


def examples(text: str):
    """The lines between ```swift and ``` in doc comments, each with its number."""
    within = False
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.strip()
        if not line.startswith("///"):
            within = False
            continue
        line = line[3:].strip()
        if line == "```swift":
            within = True
        elif line == "```":
            within = False
        elif within:
            yield number, line


def fenced(text: str):
    """The lines between ```swift and ``` in Markdown, each with its number."""
    within = False
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.strip()
        if line.startswith("```"):
            within = line == "```swift"
        elif within:
            yield number, line
