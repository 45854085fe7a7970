"""The rules. Each is a module with `check(tree)`, which yields findings."""

from rules import (
    arithmetic, documentation, examples, folders, forbidden, foundation, layers, length, links, named_tests, output,
    recipes, wording,
)

RULES = [
    layers, folders, foundation, forbidden, length, wording, links, documentation, examples, arithmetic, output,
    named_tests, recipes,
]
