"""Where the records are kept."""

from __future__ import annotations

from .memory import MemoryStore

__all__ = ["MemoryStore"]
