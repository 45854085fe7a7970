"""Nothing below the command line imports Foundation: it is slow on the hot paths and large in a static binary."""

from rules.layers import FOUNDATION, imports
from tree import Finding, Tree


def check(tree: Tree):
    for path in tree.swift_paths("Sources"):
        for module, line in imports(tree, path):
            if module in FOUNDATION:
                why = "below the command line use Glibc and the standard library"
                yield Finding(path, line, f"imports {module}; {why}")
