"""A folder for one measurement."""

import shutil
import tempfile
from pathlib import Path


class Scratch:
    """A folder for one measurement, which goes after it."""

    def __init__(self, parent: Path):
        self.parent = parent

    def __enter__(self) -> Path:
        self.folder = Path(tempfile.mkdtemp(dir=self.parent))
        return self.folder

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)
