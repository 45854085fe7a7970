"""Numbers that come from outside (IDs, positions, times) take part in no arithmetic that traps where it overflows."""

from swift_source import Source, Token
from tree import Finding, Tree

# The members that give such a number out of its type.
NUMBERS = {"rawValue", "number", "milliseconds", "seconds", "leafIndex", "treeSize"}
OPERATORS = {"+", "-", "*"}
# The targets that get their numbers from requests, arguments and files. Those below count what is stored.
FOLDERS = (
    "Sources/LedgerEvents",
    "Sources/LedgerDomain",
    "Sources/Projections",
    "Sources/LedgerEngine",
    "Sources/CredentialLedger",
    "Sources/LedgerOperations",
    "Sources/KeyStore",
    "Tools/credledger",
)


def check(tree: Tree):
    for path in tree.swift_paths(*FOLDERS):
        for line, name in violations(tree.swift(path)):
            how = "use .following, Timestamp or an operator that reports overflow"
            yield Finding(path, line, f".{name} comes from outside, and arithmetic on it traps; {how}")


def violations(source: Source):
    """The members of that kind that are an operand, each with its line."""
    tokens = source.tokens
    for index, token in enumerate(tokens):
        if token.text not in NUMBERS or index == 0 or tokens[index - 1].text != ".":
            continue
        if _operator_follows(tokens, index) or _operator_precedes(tokens, index):
            yield token.line, token.text


def _operator_follows(tokens: list[Token], index: int) -> bool:
    texts = [following.text for following in tokens[index + 1 : index + 6]]
    # A number in place of none: `(last?.rawValue ?? 0) + 1`.
    place = index + 5 if texts[:2] == ["?", "?"] and texts[3:4] == [")"] else index + 1
    return place < len(tokens) and tokens[place].text in OPERATORS and not tokens[place].joined


def _operator_precedes(tokens: list[Token], index: int) -> bool:
    """Whether the whole operand that ends with the member, such as `a.b(c)[0]?.rawValue`, follows an operator."""
    place = _operand_start(tokens, index) - 1
    # `+=`, `-=` and `*=` count; a comparison does not.
    if place > 0 and tokens[place].text == "=" and tokens[place].joined:
        place -= 1
    # One that is joined to what is before it is a part of another operator, such as `&-`, and a sign joined to its operand
    # is none of two operands.
    if place <= 0 or tokens[place].text not in OPERATORS or tokens[place].joined:
        return False
    return not tokens[place + 1].joined or tokens[place + 1].text == "="


def _operand_start(tokens: list[Token], index: int) -> int:
    """Where the operand begins whose last word is at an index."""
    start = index
    while start > 1 and tokens[start - 1].text == ".":
        start -= 2
        while start > 0 and tokens[start].text in ("?", "!"):
            start -= 1
        # Arguments, subscripts, or an expression in parentheses.
        while tokens[start].text in (")", "]"):
            start = _opening(tokens, start)
            if start > 0 and tokens[start].joined and _ends_word(tokens[start - 1].text):
                start -= 1
            else:
                break
    return start


def _opening(tokens: list[Token], index: int) -> int:
    """Where the bracket opens that closes at an index."""
    depth = 0
    for place in range(index, -1, -1):
        depth += (tokens[place].text in (")", "]")) - (tokens[place].text in ("(", "["))
        if depth == 0:
            return place
    return 0


def _ends_word(text: str) -> bool:
    return text[-1] in ")]`_" or text[-1].isalnum()
