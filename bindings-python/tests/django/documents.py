"""The documents, their blocks of code, and how these are run."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]


def blocks(name, language="python"):
    """Returns the blocks of a document, each with its line numbers kept for tracebacks."""
    text = (ROOT / name).read_text("utf-8")
    found = re.finditer(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)
    return ["\n" * (text[: match.start(1)].count("\n")) + match[1] for match in found]


def run(name, **names):
    """Runs a document's blocks, one after the other, in one namespace."""
    names["__name__"] = "docs"
    for block in blocks(name):
        exec(compile(block, str(ROOT / name), "exec"), names)
    return names


def pages():
    """Returns the names of all documents that have Python in them."""
    found = [*ROOT.glob("README*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "bindings-python/README.md"]
    return sorted(str(path.relative_to(ROOT)) for path in found if blocks(path))
