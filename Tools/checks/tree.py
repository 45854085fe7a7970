"""The files a rule reads, and what it reports about them."""

import os
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import swift_source

# Folders of tools, never of ours.
SKIPPED_FOLDERS = {".git", ".build", ".swiftpm", ".index-build", "__pycache__"}
SKIPPED_FILES = {"Package.resolved"}


@dataclass(frozen=True, order=True)
class Finding:
    """One violation: where it is, what it is and why that is not wanted."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


class Tree:
    """The source tree below a folder. Paths are relative to it, with `/` between the parts."""

    def __init__(self, root: Path):
        self.root = root

    @cached_property
    def paths(self) -> list[str]:
        """Every file, sorted."""
        found = []
        for folder, subfolders, names in os.walk(self.root):
            subfolders[:] = [name for name in subfolders if name not in SKIPPED_FOLDERS]
            for name in names:
                if name not in SKIPPED_FILES:
                    found.append((Path(folder) / name).relative_to(self.root).as_posix())
        return sorted(found)

    @lru_cache(maxsize=None)
    def text(self, path: str) -> str | None:
        """A file's text; `None` for one that is not UTF-8, such as a recorded binary record."""
        try:
            return (self.root / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            return None

    @lru_cache(maxsize=None)
    def swift(self, path: str) -> swift_source.Source:
        """A Swift file cut into tokens and comments."""
        return swift_source.scan(self.text(path) or "")

    def swift_paths(self, *folders: str) -> list[str]:
        """The Swift files people write, in these folders; in the whole tree when none is named."""
        return [
            path
            for path in self.paths
            if path.endswith(".swift")
            and not is_generated(path)
            and (not folders or path.startswith(tuple(folder + "/" for folder in folders)))
        ]


def is_generated(path: str) -> bool:
    """Whether a program wrote the file."""
    return "/Generated/" in path or path.endswith(".pb.swift")
