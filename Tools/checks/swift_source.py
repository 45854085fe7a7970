"""Cuts Swift source into tokens and comments: as much of the grammar as the rules need, and no more.

Text inside strings and comments never becomes a token, so no rule takes it for code; code inside an
interpolation does.
"""

import re
from dataclasses import dataclass, field

WORD = re.compile(r"`[^`\n]+`|[A-Za-z_$][A-Za-z0-9_]*|[0-9][0-9A-Za-z_]*(?:\.[0-9][0-9A-Za-z_]*)?")
STRING_START = re.compile(r'(#*)("""|")')


@dataclass(frozen=True)
class Token:
    """A word, a number, a whole string literal's opening (`"`) or one character of punctuation."""

    text: str
    line: int
    # Whether the token before ends exactly where this one starts.
    joined: bool
    # The first characters of a string literal; empty for any other token.
    literal: str = ""


@dataclass
class Source:
    """What a scan finds."""

    tokens: list[Token] = field(default_factory=list)
    # Line number to the comment's text on that line, without the code beside it.
    comments: dict[int, str] = field(default_factory=dict)
    # The text with strings and comments blanked out, line by line.
    code: list[str] = field(default_factory=list)


def scan(text: str) -> Source:
    """Cuts a file."""
    scanner = _Scanner(text)
    scanner.scan_code(closing=None)
    scanner.source.code = "".join(scanner.blanked).split("\n")
    return scanner.source


class _Scanner:
    def __init__(self, text: str):
        self.text = text
        self.at = 0
        self.line = 1
        self.last_end = -1
        self.source = Source()
        self.blanked = [character if character in "\n\t " else " " for character in text]

    def scan_code(self, closing: str | None) -> None:
        """Reads code up to the end, or to the `)` that closes an interpolation."""
        depth = 0
        while self.at < len(self.text):
            character = self.text[self.at]
            if character in " \t\r\n":
                self.skip(1)
            elif self.text.startswith("//", self.at):
                end = self.text.find("\n", self.at)
                self.comment(end if end >= 0 else len(self.text))
            elif self.text.startswith("/*", self.at):
                self.comment(self.block_comment_end())
            elif match := STRING_START.match(self.text, self.at):
                self.string(hashes=match[1], quote=match[2])
            elif match := WORD.match(self.text, self.at):
                self.token(match[0])
            else:
                if closing and character == closing and depth == 0:
                    return
                depth += (character == "(") - (character == ")")
                self.token(character)

    def skip(self, count: int) -> None:
        self.line += self.text.count("\n", self.at, self.at + count)
        self.at += count

    def token(self, text: str, literal: str = "") -> None:
        self.source.tokens.append(Token(text, self.line, self.at == self.last_end, literal))
        self.blanked[self.at : self.at + len(text)] = text
        self.skip(len(text))
        self.last_end = self.at

    def comment(self, end: int) -> None:
        for offset, part in enumerate(self.text[self.at : end].split("\n")):
            self.source.comments[self.line + offset] = part.strip()
        self.skip(end - self.at)

    def block_comment_end(self) -> int:
        depth = 0
        for mark in re.compile(r"/\*|\*/").finditer(self.text, self.at):
            depth += 1 if mark[0] == "/*" else -1
            if depth == 0:
                return mark.end()
        return len(self.text)

    def string(self, hashes: str, quote: str) -> None:
        self.token(hashes + quote, literal=self.text[self.at + len(hashes + quote) :][:16])
        while self.at < len(self.text):
            if self.text.startswith(quote + hashes, self.at):
                self.skip(len(quote + hashes))
                break
            if self.text.startswith("\\" + hashes + "(", self.at):
                self.skip(len(hashes) + 2)
                self.scan_code(closing=")")
                self.skip(1)
            elif self.text.startswith("\\" + hashes, self.at):
                self.skip(len(hashes) + 2)
            elif quote == '"' and self.text[self.at] == "\n":
                break  # An unterminated literal: the compiler reports it.
            else:
                self.skip(1)
        self.last_end = self.at
