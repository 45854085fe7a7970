"""The program writes to standard output in one place, where every write is checked: a lost answer must not look given."""

from tree import Finding, Tree

FOLDER = "Tools/credledger/"
# The one writer, what hands its descriptor on to a writer that checks as well, and what asks how wide a terminal is.
WRITER = FOLDER + "Program/Output.swift"
NAMING = {WRITER, FOLDER + "Program/OutputFile.swift", FOLDER + "Program/Terminal.swift"}
CALLS = {"debugPrint", "dump", "fputs", "fputc", "putc", "putchar", "puts", "printf", "vprintf", "fprintf", "fwrite", "dprintf"}


def check(tree: Tree):
    for path in tree.swift_paths("Tools"):
        if not path.startswith(FOLDER):
            continue
        tokens = tree.swift(path).tokens
        for index, token in enumerate(tokens):
            before = tokens[index - 1].text if index > 0 else ""
            after = tokens[index + 1].text if index + 1 < len(tokens) else ""
            if token.text in CALLS and after == "(" and path != WRITER:
                yield Finding(path, token.line, f"{token.text} writes past Output, which checks what is written; print")
            elif token.text == "print" and before == "." and path != WRITER:
                yield Finding(path, token.line, "the standard library's print tells nobody what was lost; print")
            elif token.text in ("STDOUT_FILENO", "stdout") and path not in NAMING:
                yield Finding(path, token.line, f"{token.text} is for Program/Output.swift alone; print")
