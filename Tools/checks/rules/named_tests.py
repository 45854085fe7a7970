"""The tests that SECURITY and the page on its verification name exist: a property without its test is a claim."""

import re
from collections import defaultdict

from tree import Finding, Tree

# The documents, by the ends of their paths.
DOCUMENTS = ("SECURITY.md", "SecurityVerification.md")
# `Suite`, `Suite/test` or `Target.Suite/test`, then the names of tests that are sentences, in quotation marks.
NAMED = re.compile(r'`(?:(\w+Tests)\.)?([A-Z]\w*Tests)(?:/(\w+))?`((?:,? "[^"]+")*)')
SENTENCE = re.compile(r'"([^"]+)"')
DECLARED = re.compile(r"\b(?:struct|class|enum|actor|extension)\s+(\w+Tests)\b")
FUNCTION = re.compile(r"\bfunc\s+(?:`([^`]+)`|(\w+))")
TITLE = re.compile(r'@Test\(\s*"((?:[^"\\]|\\.)*)"')


def check(tree: Tree):
    documents = [path for path in tree.paths if path.endswith(DOCUMENTS)]
    if not documents:
        return
    tests = defaultdict(set)
    for path in tree.swift_paths("Tests"):
        target, text = path.split("/")[1], tree.text(path)
        names = {quoted or plain for quoted, plain in FUNCTION.findall(text)}
        names |= {title.replace('\\"', '"') for title in TITLE.findall(text)}
        for suite in DECLARED.findall(text):
            tests[suite] |= names
            tests[f"{target}.{suite}"] |= names
    for path in documents:
        for number, line in enumerate((tree.text(path) or "").splitlines(), start=1):
            for target, suite, function, sentences in NAMED.findall(line):
                name = f"{target}.{suite}" if target else suite
                if name not in tests:
                    yield Finding(path, number, f"no suite '{name}' in Tests")
                    continue
                for test in ([function] if function else []) + SENTENCE.findall(sentences):
                    if test not in tests[name]:
                        yield Finding(path, number, f"'{name}' has no test '{test}'")
