"""Servers that import the application once and then fork: gunicorn `--preload`, and Celery's prefork pool."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

import pytest
from celery import Celery

from sansms._sandbox_server import SandboxServer

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")

NUMBER = "13800138000"
OTHERS = [f"138001381{n:02}" for n in range(20)]
PATIENCE_S = 30.0


class Workers:
    """A master and two workers of its own making; all are gone at the end, whatever happens."""

    def __init__(self, log: Path, namespace: str, environment: dict[str, str]) -> None:
        self.log, self.namespace = log, namespace
        self.environment = {**os.environ, **environment, "PREFORKED_NAMESPACE": namespace}

    def start(self, *command: str, **options: object) -> None:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=Path(__file__).parent,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a process group, so that no worker outlives a master that dies
                **options,
            )

    def __enter__(self) -> Workers:
        try:
            self.launch()
        except BaseException:
            self.__exit__()
            raise
        return self

    def stop(self) -> None:
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(10)

    def __exit__(self, *_: object) -> None:
        self.stop()
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def meet(self) -> set[int]:
        """Waits until both workers answer; returns their process ids."""
        pids: set[int] = set()
        deadline = time.monotonic() + PATIENCE_S
        while len(pids) < 2 and time.monotonic() < deadline:
            pids |= {reply["pid"] for reply in self.at_once([("meet", "")] * 4)}
        return pids


class Gunicorn(Workers):
    def launch(self) -> None:
        with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
            self.port = listener.getsockname()[1]
            bind = ["--bind", f"fd://{listener.fileno()}", "--no-control-socket"]
            options = ["--preload", "--workers", "2", *bind]
            self.start("gunicorn", *options, "preforked:application", pass_fds=[listener.fileno()])

    def ask(self, call: tuple[str, ...]) -> dict[str, object]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request("GET", "/?" + urlencode({"q": call}, doseq=True))
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def at_once(self, calls: list[tuple[str, ...]]) -> list[dict[str, object]]:
        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(self.ask, calls))


class CeleryPrefork(Workers):
    def launch(self) -> None:
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING"]
        options = ["--pool", "prefork", "--concurrency", "2", *quiet]
        self.start("celery", "--app", "preforked:tasks", "worker", *options)
        urls = {"broker": self.environment["CELERY_BROKER_URL"], "backend": self.environment["CELERY_RESULT_BACKEND"]}
        self.client = Celery(set_as_current=False, **urls)

    def at_once(self, calls: list[tuple[str, ...]]) -> list[dict[str, object]]:
        waiting = [self.client.send_task("answer", call, queue=self.namespace) for call in calls]
        return [result.get(timeout=PATIENCE_S) for result in waiting]

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        if hasattr(self, "client"):
            self.client.backend.client.close()
            self.client.close()


@pytest.fixture
def sandbox():
    def slow_clock() -> float:
        time.sleep(0.01)  # so that the exchanges of the two workers overlap, and would mix on a shared connection
        return time.time()

    with SandboxServer(clock=slow_clock) as server:
        yield server


@pytest.fixture(params=["sqlite", "redis"])
def url(request, tmp_path):
    """The URL of a store."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'codes.sqlite3'}"
    return request.getfixturevalue("redis_url")


@pytest.fixture(params=[Gunicorn, CeleryPrefork])
def workers(request, url, namespace, sandbox, tmp_path):
    environment = {"PREFORKED_STORE": url, "PREFORKED_SANDBOX": sandbox.url}
    if request.param is CeleryPrefork:  # its broker over files reads messages that are half written
        queue = request.getfixturevalue("redis_url")
        environment |= {"CELERY_BROKER_URL": queue, "CELERY_RESULT_BACKEND": queue}
    with request.param(tmp_path / "log", namespace, environment) as workers:
        yield workers


def test_a_service_used_before_its_workers_are_forked(workers, sandbox):
    pids = workers.meet()
    assert len(pids) == 2, workers.log.read_text()

    everything = []

    def kinds(calls):
        replies = workers.at_once(calls)
        everything.extend(replies)
        return Counter(reply["kind"] for reply in replies)

    assert kinds([("send", NUMBER)] * 40) == {"sent": 1, "limited": 39}
    assert kinds([("send", number) for number in OTHERS]) == {"sent": 20}
    messages = json.loads(sandbox.sandbox.inbox())
    codes = {message["to"][-11:]: message["params"]["code"] for message in messages}
    assert len(messages) == 1 + 1 + 20, "with the one before the fork"
    assert set(codes) == {"13800138999", NUMBER, *OTHERS}
    delivered = {message["message_id"]: message["to"][-11:] for message in messages}
    heard = [reply for reply in everything if reply["kind"] == "sent"]
    assert [delivered[reply["message_id"]] for reply in heard] == [reply["number"] for reply in heard]
    assert kinds([("verify", NUMBER, codes[NUMBER])] * 20) == {"verified": 1, "expired": 19}
    assert kinds([("verify", number, codes[number]) for number in OTHERS]) == {"verified": 20}
    assert kinds([("verify", "13800138999", codes["13800138999"])]) == {"verified": 1}, "sent before the fork"

    assert {reply["pid"] for reply in everything} == pids
    assert {reply["imported_by"] for reply in everything} == {workers.process.pid}
    assert workers.process.pid not in pids
    workers.stop()
    assert workers.process.returncode == 0, workers.log.read_text()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
