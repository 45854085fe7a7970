"""Links between the documents lead somewhere, the files that a contributor is sent to exist, and the README names the two
scripts that a newcomer needs."""

import os
import re
from urllib.parse import unquote

from tree import Finding, Tree

# `[text](target)` and `[label]: target`.
INLINE = re.compile(r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
DEFINITION = re.compile(r"^\s{0,3}\[[^\]]+\]:\s*<?([^\s>]+)>?")
DOCC = re.compile(r"<doc:([\w-]+)(?:[#/][^>]*)?>")
ELSEWHERE = re.compile(r"^[a-z][a-z0-9+.-]*:")
CODE_SPAN = re.compile(r"`[^`]*`")
# Paths in code spans, from the top or from Sources, in the documents that send contributors to files. What varies is in
# angle brackets, or is an ellipsis.
GUIDES = ["ARCHITECTURE.md", "CONTRIBUTING.md"]
PATH = re.compile(r"`([\w<>*+…-]+(?:/[\w<>*+….-]*)+)[^`]*`")
NAMED_IN_README = ["Tools/start", "Tools/test"]


def check(tree: Tree):
    articles = {path.rsplit("/", 1)[-1].removesuffix(".md") for path in tree.paths if ".docc/" in path}
    for path in tree.paths:
        if path.endswith(".md"):
            yield from broken_links(tree, path, articles)
    for path in GUIDES:
        if path in tree.paths:
            yield from missing_files(tree, path)
    readme = tree.text("README.md") if "README.md" in tree.paths else None
    if readme is None:
        yield Finding("README.md", 1, "no README.md; it is where a reader starts")
        return
    for script in NAMED_IN_README:
        if script not in readme:
            yield Finding("README.md", 1, f"does not name {script}, which a newcomer runs first")


def broken_links(tree: Tree, path: str, articles: set[str]):
    for number, line in prose(tree.text(path) or ""):
        targets = INLINE.findall(line) + DEFINITION.findall(line)
        for name in DOCC.findall(line) + [target[4:] for target in targets if target.startswith("doc:")]:
            if re.split("[#/]", name)[0] not in articles:
                yield Finding(path, number, f"links to the article '{name}', which no DocC catalogue has")
        for target in targets:
            target = unquote(target.split("#")[0])
            if target and not ELSEWHERE.match(target) and not exists(tree, path, target):
                yield Finding(path, number, f"links to '{target}', which does not exist")


def missing_files(tree: Tree, path: str):
    """The paths of code spans that match no file; those that begin with no folder of the tree are none."""
    for number, line in enumerate((tree.text(path) or "").splitlines(), start=1):
        for name in PATH.findall(line):
            base = next((base for base in (tree.root, tree.root / "Sources") if (base / name.split("/")[0]).is_dir()), None)
            pattern = re.sub(r"(?:<[^>]*>|…)+", "*", name).rstrip("/")
            if base and not any(base.glob(pattern)):
                yield Finding(path, number, f"names '{name}', which does not exist")


def prose(text: str):
    """The lines outside fenced code, each with its number and without its code spans."""
    fence = None
    for number, line in enumerate(text.splitlines(), start=1):
        mark = re.match(r"\s*(```+|~~~+)", line)
        if mark and fence is None:
            fence = mark[1]
        elif mark and line.strip() == fence:
            fence = None
        elif fence is None:
            yield number, CODE_SPAN.sub("", line)


def exists(tree: Tree, path: str, target: str) -> bool:
    """Whether a link's target is in the tree: beside the document, or from the top when it starts with `/`."""
    base = "" if target.startswith("/") else os.path.dirname(path)
    resolved = os.path.normpath(os.path.join(base, target.lstrip("/")))
    return not resolved.startswith("..") and (tree.root / resolved).exists()
