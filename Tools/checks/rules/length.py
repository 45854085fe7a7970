"""A file holds one idea, so it is short; one that must be longer says why in its first lines."""

import re

from tree import Finding, Tree, is_generated

LIMIT = 400
REASON = re.compile(r"^(?://|#)\s*length:\s*\S")
FIRST_LINES = 5


def check(tree: Tree):
    for path in tree.paths:
        if is_generated(path) or not is_program(tree, path):
            continue
        lines = (tree.text(path) or "").splitlines()
        if len(lines) > LIMIT and not any(REASON.match(line) for line in lines[:FIRST_LINES]):
            yield Finding(
                path, LIMIT + 1, f"{len(lines)} lines, over {LIMIT}; split it, or start it with '// length: <reason>'"
            )


def is_program(tree: Tree, path: str) -> bool:
    """Whether the file is Swift, Python or shell, by its name or by its first line."""
    if path.endswith((".swift", ".py", ".sh")):
        return True
    return "." not in path.rsplit("/", 1)[-1] and (tree.text(path) or "").startswith("#!")
