"""The project speaks of itself alone, and of what it is rather than of what it may become."""

import re

from tree import Finding, Tree

# Bracketed letters keep a pattern from matching its own definition.
PATTERNS = [
    (
        re.compile(r"(?<![\w.~/-])/(?:work|home|opt|root|Users|mnt)/"),
        "a path of one machine; name a place relative to the repository",
    ),
    (
        re.compile(r"\b(?:artifactor[y]|gcr\.i[o]|[\w-]+\.(?:pkg\.de[v]|jfrog\.i[o]|azurecr\.i[o]))\b", re.IGNORECASE),
        "a package registry's host; name the public source",
    ),
    (re.compile(r"\b(?:TO[D]O|FIX[M]E|XX[X])\b"), "work left open; do it, or describe the limit as it is"),
]
DOCUMENT = re.compile(r"(?<![\w/:.*<-])[\w-]+\.md\b")


def check(tree: Tree):
    documents = {path.rsplit("/", 1)[-1] for path in tree.paths if path.endswith(".md")}
    for path in tree.paths:
        for number, line in enumerate((tree.text(path) or "").splitlines(), start=1):
            for pattern, why in PATTERNS:
                if match := pattern.search(line):
                    yield Finding(path, number, f"'{match[0]}' is {why}")
            for name in DOCUMENT.findall(line):
                if name not in documents:
                    yield Finding(path, number, f"'{name}' is a document that this repository does not have")
