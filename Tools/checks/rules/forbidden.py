"""Code that traps or hides a data race has no place in ours, tests included."""

import re

from swift_source import Source
from tree import Finding, Tree

# A `!` right after one of these is postfix: it unwraps, or declares what unwraps itself.
OPERAND_END = re.compile(r"[\w`)\]}>?\"]$")
# The marker that a trap stands in for code to be written.
UNWRITTEN = re.compile(r"\s*TO[D]O", re.IGNORECASE)
TYPE_KEYWORDS = {"class", "struct", "enum", "extension"}
ATTRIBUTE = re.compile(r"\s*@\w+(\(.*\))?\s*$")


def check(tree: Tree):
    for path in tree.swift_paths():
        source = tree.swift(path)
        for line, message in violations(source):
            yield Finding(path, line, message)


def violations(source: Source):
    """What a file must not contain, each with its line."""
    tokens = source.tokens
    for index, token in enumerate(tokens):
        before = tokens[index - 1].text if index > 0 else ""
        after = [following.text for following in tokens[index + 1 : index + 4]]
        if token.text == "!" and token.joined and OPERAND_END.search(before) and not compares(tokens, index):
            if before in ("try", "as"):
                yield token.line, f"{before}! traps on failure; throw a typed error, or return nil"
            else:
                yield token.line, "postfix ! traps on nil; bind the value with guard let, if let or #require"
        elif token.text == "fatalError" and after[:1] == ["("] and unwritten(tokens, index + 2):
            yield token.line, "fatalError in place of code to be written; nothing is half-done"
        elif token.text == "nonisolated" and after == ["(", "unsafe", ")"]:
            yield token.line, "nonisolated(unsafe) turns the check for data races off; use Mutex or Atomic"
        elif token.text == "unchecked" and before == "@" and not explained(source, declaration_line(tokens, index)):
            yield token.line, "@unchecked Sendable without a comment directly above that says why it is Sendable"


def compares(tokens, index: int) -> bool:
    """Whether the `!` starts a `!=`."""
    return index + 1 < len(tokens) and tokens[index + 1].text == "=" and tokens[index + 1].joined


def unwritten(tokens, index: int) -> bool:
    return index < len(tokens) and bool(UNWRITTEN.match(tokens[index].literal))


def declaration_line(tokens, index: int) -> int:
    """The line on which the declaration that a token belongs to begins."""
    while index > 0 and tokens[index].text not in TYPE_KEYWORDS:
        index -= 1
    return tokens[index].line


def explained(source: Source, line: int) -> bool:
    """Whether the comment above the declaration, its attributes skipped, says the word Sendable."""
    above = line - 1
    while above > 0 and ATTRIBUTE.match(source.code[above - 1]):
        above -= 1
    words = []
    while above in source.comments and not source.code[above - 1].strip():
        words.append(source.comments[above])
        above -= 1
    return "sendable" in " ".join(words).lower()
