"""Whatever another target can see says what it is."""

import re

from swift_source import Source
from tree import Finding, Tree

ATTRIBUTES = r"(?:@[\w.]+(?:\([^()]*\))?\s+)*"
MODIFIERS = (
    r"(?:(?:static|class|final|override|mutating|nonmutating|consuming|borrowing|nonisolated|indirect|lazy|weak"
    r"|required|convenience|prefix|postfix|infix|unsafe|(?:private|fileprivate|internal|package)\(set\))\s+)*"
)
KINDS = "func|struct|enum|class|actor|protocol|init|var|let|subscript|typealias|macro"
KIND_AND_NAME = rf"({KINDS})\b\s*([^\s(:<{{,=]+|[=<]+)?"
DECLARATION = re.compile(rf"^\s*{ATTRIBUTES}{MODIFIERS}(public|package|open)\s+{MODIFIERS}{KIND_AND_NAME}")
REQUIREMENT = re.compile(rf"^\s*{ATTRIBUTES}{MODIFIERS}{KIND_AND_NAME}")
ATTRIBUTE_LINE = re.compile(r"^\s*@[\w.]+(\(.*\))?\s*$")

# Witnesses of the standard library's protocols, which document them.
WITNESSES = {
    "func ==", "func <", "func hash", "func encode", "func makeIterator", "func makeAsyncIterator", "func next",
    "var description", "var debugDescription", "var customMirror", "var rawValue", "var id", "var startIndex",
    "var endIndex", "struct Iterator", "struct AsyncIterator", "typealias Iterator", "typealias AsyncIterator",
    "typealias Element", "typealias Failure",
}
WITNESS_INIT = re.compile(r"\binit\??\((?:from decoder|rawValue|stringLiteral|integerLiteral|arrayLiteral)\b")


def check(tree: Tree):
    paths = tree.swift_paths("Sources")
    witnesses = set(WITNESSES)
    for path in paths:
        source = tree.swift(path)
        for number, name, is_seen in requirements(source):
            witnesses.add(name)
            if is_seen and name.startswith("func") and not documented(source, number):
                yield undocumented(path, number, name.split()[1])
    for path in paths:
        source = tree.swift(path)
        for number, line in enumerate(source.code, start=1):
            match = DECLARATION.match(line)
            if not match or documented(source, number):
                continue
            kind, name = match[2], (match[3] or "").strip("`")
            if kind == "init":
                if not WITNESS_INIT.search(line) and not memberwise(source, number):
                    yield undocumented(path, number, "an initialiser")
            elif kind not in ("var", "let") and f"{kind} {name}" not in witnesses:
                yield undocumented(path, number, name or kind)


def undocumented(path: str, number: int, name: str) -> Finding:
    return Finding(path, number, f"{name} has no doc comment; other targets see it, so say what it is")


def documented(source: Source, number: int) -> bool:
    """Whether a doc comment stands above the line, its attributes skipped."""
    above = number - 1
    while above > 0 and ATTRIBUTE_LINE.match(source.code[above - 1]):
        above -= 1
    comment = source.comments.get(above, "")
    return not source.code[above - 1].strip() and (comment.startswith("///") or comment.endswith("*/"))


def requirements(source: Source):
    """The functions and properties that protocols require: line, kind and name, whether other targets see the protocol.

    A witness needs no doc comment of its own: the requirement has it.
    """
    depth, within, is_seen = 0, None, False
    for number, line in enumerate(source.code, start=1):
        if within is None and (match := re.match(r"^\s*(?:@\w+\s+)*(?:(public|package)\s+)?protocol\s", line)):
            within, is_seen = depth, bool(match[1])
        elif within is not None and depth == within + 1 and (match := REQUIREMENT.match(line)):
            if match[1] in ("func", "var"):
                yield number, f"{match[1]} {(match[2] or '').strip('`')}", is_seen
        depth += line.count("{") - line.count("}")
        if within is not None and depth == within and "}" in line:
            within = None


def memberwise(source: Source, number: int) -> bool:
    """Whether the initialiser on the line assigns its parameters to the properties of the same names, and no more."""
    tokens = [token for token in source.tokens if token.line >= number]
    depth, start = 0, None
    for index, token in enumerate(tokens):
        depth += (token.text in "([") - (token.text in ")]")
        if token.text == "{" and depth == 0:
            start = index + 1
            break
        if depth == 0 and token.text == "throws":
            return False
    if start is None:
        return False
    body = [token.text for token in tokens[start:]]
    while body[:2] == ["self", "."] and len(body) > 4 and body[3] == "=" and body[4] == body[2]:
        body = body[5:]
    return body[:1] == ["}"]
