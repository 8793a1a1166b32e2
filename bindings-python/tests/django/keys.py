"""Where a project of the tests keeps what its settings name by dotted paths."""

from __future__ import annotations

from sansms import Credentials

ASKED = []


def fetch() -> Credentials:
    ASKED.append(1)
    return Credentials("sandbox-id", "sandbox-secret")


def transport(*call):
    """Takes every message in."""
    return 200, [], b'{"Code":"OK","RequestId":"r","BizId":"b^0"}'
