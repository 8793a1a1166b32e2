"""The pytest fixture `sansms_outbox`; pytest finds it once sansms is installed, and loads no more than this."""

from __future__ import annotations

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sansms.testing.outbox import Outbox


@pytest.fixture
def sansms_outbox(monkeypatch: pytest.MonkeyPatch) -> Outbox:
    """Sends every service of this test to a sandbox, whoever made it, and gives what was sent.

    Each keeps the policy it was made with. Nothing is sent, no store is touched, and time stands still until
    `sansms_outbox.clock.move(seconds)`.
    """
    from sansms.testing.outbox import Outbox

    outbox = Outbox()
    outbox.reroute(monkeypatch.setattr)
    return outbox
