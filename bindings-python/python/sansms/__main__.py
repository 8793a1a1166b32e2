"""`python -m sansms`: send, verify, explain, audit, secret, sandbox, inspect, reset, forget, health."""

from __future__ import annotations

import sys

from ._cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
