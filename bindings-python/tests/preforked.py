"""An application whose service is made, and used, at import: for gunicorn `--preload` and for Celery's prefork.

Reads `PREFORKED_STORE`, `PREFORKED_NAMESPACE` and `PREFORKED_SANDBOX`, a URL, from the environment. Celery reads
`CELERY_BROKER_URL` and `CELERY_RESULT_BACKEND` there.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable
from urllib.parse import parse_qs

from celery import Celery

from contender import make

USER = {"purpose": "register", "session": "s"}
FIRST_NUMBER = "13800138999"
IMPORTED_BY = os.getpid()


service = make(
    os.environ["PREFORKED_STORE"],
    os.environ["PREFORKED_NAMESPACE"],
    {"number": ["50/24h"]},
    os.environ["PREFORKED_SANDBOX"],
)
assert service.send(FIRST_NUMBER, **USER), "the first send, before the fork"
tasks = Celery()
tasks.conf.task_default_queue = os.environ["PREFORKED_NAMESPACE"]


@tasks.task(name="answer")
def answer(call: str, number: str, code: str = "") -> dict[str, object]:
    """Does what is asked of one worker, and tells which it was."""
    told: dict[str, object] = {"pid": os.getpid(), "imported_by": IMPORTED_BY}
    if call == "send":
        sent = service.send(number, **USER)
        return {**told, "kind": sent.kind, "number": number, "message_id": sent.message_id}
    if call == "verify":
        return {**told, "kind": service.verify(number, code, **USER).kind}
    time.sleep(0.02)  # so that the other worker has its turn
    return {**told, "kind": "here"}


def application(environ: dict[str, str], start_response: Callable[..., object]) -> Iterable[bytes]:
    """Is `answer` by WSGI; what is asked comes in the query."""
    body = json.dumps(answer(*parse_qs(environ["QUERY_STRING"], keep_blank_values=True)["q"])).encode()
    start_response("200 OK", [("content-type", "application/json"), ("content-length", str(len(body)))])
    return [body]
