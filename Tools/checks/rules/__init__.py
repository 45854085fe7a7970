"""The rules. Each is a module with `check(tree)`, which yields findings."""

from rules import documentation, examples, forbidden, foundation, layers, length, links, wording

RULES = [layers, foundation, forbidden, length, wording, links, documentation, examples]
