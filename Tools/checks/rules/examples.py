"""What the library's doc comments and the README show as examples is compiled: each line stands elsewhere too."""

from tree import Finding, Tree

# The folder whose examples are checked, and the tests that repeat them.
LIBRARY = "Sources/CredentialLedger/"
TESTS = "Tests/CredentialLedgerTests/DocumentedCalls"
# The sample package, which the README takes its lines from.
SAMPLE = "Tools/examples/embedded/"


def check(tree: Tree):
    compiled = set()
    for path in tree.swift_paths("Tests"):
        if path.startswith(TESTS):
            compiled |= {line.strip() for line in tree.text(path).splitlines()}
    for path in tree.swift_paths("Sources"):
        if not path.startswith(LIBRARY):
            continue
        for number, line in examples(tree.text(path)):
            if line and not line.startswith("//") and line not in compiled:
                yield Finding(
                    path, number, f"the example is not compiled: repeat the line in {TESTS}Tests.swift: {line}")
    if "README.md" in tree.paths:
        sample = {line.strip() for path in tree.swift_paths("Tools") if path.startswith(SAMPLE)
                  for line in tree.text(path).splitlines()}
        for number, line in fenced(tree.text("README.md")):
            if line and not line.startswith("//") and line not in sample:
                yield Finding("README.md", number, f"the example is not compiled: repeat the line in {SAMPLE}: {line}")


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
