"""Breaks real servers while many ask them: `faults.py [SCENARIO…]`, within scripts/with-servers.

In each scenario threads send to one number until its limit is used up; in the middle something breaks. What must hold:
never more than the limit was admitted, plus what the server itself forgot; only calls that failed may have taken a
place for nothing; no call outlasts its deadline; and the same store goes on when the server is back.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from random import random
from uuid import uuid4

import redis

import sql_servers
from opened import opened
from sansms import Service, SQLiteStore
from sansms.stores import RedisClusterStore
from sansms.stores._dialects import TABLE
from servers import RedisServer, executable

NUMBER, ADDRESS = "13800138000", "203.0.113.7"
OK = b'{"Code":"OK","Message":"OK","RequestId":"A6C9E8B2-0000-5000-9000-000000000000","BizId":"1"}'
LIMIT, THREADS, TIMEOUT_S, SLACK_S = 240, 8, 1.0, 0.95
FAILED = ("store.down", "limit.busy")


class Storm:
    """Threads that send to one number until its limit is used up, whatever happens meanwhile."""

    def __init__(self, store) -> None:
        self.store, self.codes, self.slowest_s = store, Counter(), 0.0
        self.forgotten = 0
        provider = {"access_key_id": "a", "access_key_secret": "b", "sign_name": "示例", "templates": {"r": "SMS_1"}}
        loose = {"cooldown_s": 0, "ip": [], "ip_attempts": [], "budget": ["1000000/24h"]}
        self.service = Service(
            providers=[{"aliyun": provider}],
            store=store,
            secret="x" * 32,
            namespace=uuid4().hex[:16],
            policy={**loose, "number": [f"{LIMIT}/24h"]},
            store_timeout=TIMEOUT_S,
            transport=lambda *_: (200, [("content-type", "application/json")], OK),
        )
        self.quiet, self.lock = threading.Event(), threading.Lock()

    @property
    def admitted(self) -> int:
        return self.codes["sent"]

    def run(self, fault) -> Storm:
        """Sends; calls `fault` when a third of the limit is used up; goes on until nothing more is admitted."""
        assert self.service.send(NUMBER, purpose="r", ip=ADDRESS).ok
        self.codes["sent"] += 1
        threads = [threading.Thread(target=self.task) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        try:
            waiting = time.monotonic()
            while self.admitted < LIMIT // 3 and time.monotonic() < waiting + 20:
                time.sleep(0.005)
            fault(self)
        finally:
            self.quiet.set()
            for thread in threads:
                thread.join()
        return self

    def task(self) -> None:
        ends, denied = None, 0
        while denied < 3:
            began = time.monotonic()
            code = self.service.send(NUMBER, purpose="r", ip=ADDRESS).code
            took = time.monotonic() - began
            with self.lock:
                self.codes[code] += 1
                self.slowest_s = max(self.slowest_s, took)
            if self.quiet.is_set():
                ends = ends or time.monotonic() + 60
                denied = denied + 1 if code == "limit.number" else 0
                if time.monotonic() > ends:
                    return
            time.sleep(0.01 * random())

    def check(self) -> None:
        """Raises `AssertionError` at what must not be."""
        codes = dict(self.codes)
        assert set(codes) <= {"sent", "limit.number", *FAILED}, codes
        failed = sum(codes.get(code, 0) for code in FAILED)
        assert self.admitted <= LIMIT + self.forgotten, (codes, self.forgotten)
        assert self.admitted >= LIMIT - failed, codes
        assert codes.get("limit.number", 0) >= 3 * THREADS, f"did not recover: {codes}"
        assert self.slowest_s < TIMEOUT_S + SLACK_S, self.slowest_s


class Cutter:
    """Stands before a server and cuts connections in the middle of a reply, while `cuts` is set."""

    def __init__(self, port: int) -> None:
        self.port, self.cuts, self.done = port, False, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.own_port: int = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def store(self, url: str):
        """Opens a store on the server, whose URL this is, through here."""
        head, _, tail = url.rpartition(":")
        return opened(f"{head}:{self.own_port}/{tail.partition('/')[2]}")

    def accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.port))
            for one, other, replies in ((client, server, False), (server, client, True)):
                threading.Thread(target=self.pump, args=(one, other, replies), daemon=True).start()

    def pump(self, one: socket.socket, other: socket.socket, replies: bool) -> None:
        with suppress(OSError):
            while data := one.recv(1 << 16):
                if replies and self.cuts and random() < 0.1:
                    self.done += 1
                    other.sendall(data[: len(data) // 2])
                    break
                other.sendall(data)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def close(self) -> None:
        self.listener.close()


# Servers of our own to break


@contextmanager
def own_redis(*options: str):
    with tempfile.TemporaryDirectory(prefix="sansms-faults-") as home:
        program = executable(f"redis://{os.environ['SANSMS_REDIS']}/0")
        with RedisServer(program, Path(home), *options) as server:
            yield server


@contextmanager
def own_sql(kind: str):
    made = {"postgres": sql_servers.Postgres, "mariadb": sql_servers.MariaDB}[kind]
    with closing(made(os.environ[f"SANSMS_{kind.upper()}"])) as server:
        yield server


def own(kind: str):
    return own_redis() if kind == "redis" else own_sql(kind)


@contextmanager
def small_disk(size: str):
    """Mounts a disk of so much, and is the default place of temporary files; only root may."""
    with tempfile.TemporaryDirectory(prefix="sansms-disk-") as home:
        command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=777", "tmpfs", home]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            raise Unable("no disk may be mounted here")
        before, tempfile.tempdir = tempfile.tempdir, home
        try:
            yield Path(home)
        finally:
            tempfile.tempdir = before
            subprocess.run(["umount", "-l", home], check=False)


class Unable(Exception):
    """This machine does not allow the scenario."""


@contextmanager
def filled(disk: Path):
    """Fills a disk, and frees it."""
    ballast = disk / "ballast"
    with open(ballast, "wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    try:
        yield
    finally:
        ballast.unlink()


# Scenarios


def killed(kind: str) -> Storm:
    """`kill -9`, away for half a second, and back."""

    def fault(_: Storm) -> None:
        server.kill()
        time.sleep(0.5)
        server.start()

    with own(kind) as server, closing(opened(server.url)) as store:
        return Storm(store).run(fault)


def stopped(kind: str) -> Storm:
    """Stands still for longer than two deadlines, as a call that waited twice would be found out."""

    def tell(number: int) -> None:
        server.process.send_signal(number) if kind == "redis" else server.signal(number)

    def fault(_: Storm) -> None:
        tell(signal.SIGSTOP)
        time.sleep(2.5)
        tell(signal.SIGCONT)

    with own(kind) as server, closing(opened(server.url)) as store:
        return Storm(store).run(fault)


def cut(kind: str) -> Storm:
    """Connections that break in the middle of one reply in ten."""

    def fault(storm: Storm) -> None:
        cutter.cuts = True
        before = cutter.done
        for _ in range(400):
            if cutter.done >= before + 20:
                break
            time.sleep(0.01)
        cutter.cuts = False
        assert cutter.done > before

    with own(kind) as server, closing(Cutter(server.port)) as cutter, closing(cutter.store(server.url)) as store:
        return Storm(store).run(fault)


def flushed_scripts(_: str) -> Storm:
    """SCRIPT FLUSH, again and again."""

    def fault(_: Storm) -> None:
        with server.client() as client:
            for _ in range(50):
                client.script_flush()
                time.sleep(0.005)

    with own_redis() as server, closing(opened(server.url)) as store:
        storm = Storm(store).run(fault)
    assert not any(storm.codes[code] for code in FAILED), storm.codes
    assert storm.admitted == LIMIT
    return storm


def flushed(_: str) -> Storm:
    """FLUSHALL: the server forgets all; as much may be sent again as it had admitted."""

    def fault(storm: Storm) -> None:
        with server.client() as client:
            client.flushall()
        with storm.lock:
            # A send that was admitted before may not have been counted here yet.
            storm.forgotten = min(storm.admitted + THREADS, LIMIT)

    with own_redis() as server, closing(opened(server.url)) as store:
        storm = Storm(store).run(fault)
    assert storm.admitted > LIMIT, "it was not the server that kept the limit"
    return storm


def out_of_memory(_: str) -> Storm:
    """maxmemory is reached, under noeviction: refusals, and nothing is forgotten."""

    def fault(storm: Storm) -> None:
        with server.client() as client:
            client.config_set("maxmemory", "1")
            time.sleep(0.3)
            before = storm.admitted
            time.sleep(0.3)
            assert storm.admitted <= before + THREADS, "a send was admitted that could not be counted"
            client.config_set("maxmemory", "0")

    with own_redis() as server, closing(opened(server.url)) as store:
        return Storm(store).run(fault)


def conflicts(kind: str) -> Storm:
    """A hundred writes that fail as a transaction does that can't be put in order with the others."""

    def fault(_: Storm) -> None:
        with sql_servers.Conflicts(server.url, TABLE, 100) as made:
            for _ in range(400):
                if made.writes() > made.number:
                    break
                time.sleep(0.025)
            assert made.writes() > made.number

    with own(kind) as server, closing(opened(server.url)) as store:
        return Storm(store).run(fault)


def full_disk(kind: str) -> Storm:
    """The disk is full for a while."""

    def fault(storm: Storm) -> None:
        with filled(disk):
            time.sleep(1.0)

    with small_disk({"sqlite": "8m", "redis": "4m", "postgres": "120m", "mariadb": "200m"}[kind]) as disk:
        if kind == "sqlite":
            with closing(SQLiteStore(disk / "codes.sqlite3")) as store:
                return Storm(store).run(fault)
        # With `always` the server ends itself when its file can't be written; with `everysec` it refuses to write.
        server = own_redis("--appendfsync", "everysec") if kind == "redis" else own(kind)
        with server as server, closing(opened(server.url)) as store:
            return Storm(store).run(fault)


def failover(_: str) -> Storm:
    """A primary of a cluster is killed and its replica takes over; what had not reached it is forgotten."""
    with cluster(16384 // 3, 16384 * 2 // 3) as nodes:
        return failed_over(nodes, RedisServer.kill)


def failover_of_first(_: str) -> Storm:
    """As `failover`, where the only node that was ever asked is the one that is killed."""
    with cluster(16382, 16383) as nodes:
        return failed_over(nodes, RedisServer.kill)


def failover_of_stopped(_: str) -> Storm:
    """As `failover_of_first`, but the node stands still: it accepts connections, and answers none."""
    with cluster(16382, 16383) as nodes:
        return failed_over(nodes, lambda node: node.process.send_signal(signal.SIGSTOP))


@contextmanager
def cluster(*bounds: int):
    """Starts a cluster of three shards, which begin at 0 and these slots, and a replica of each."""
    with tempfile.TemporaryDirectory(prefix="sansms-faults-") as home:
        program, nodes = executable(f"redis://{os.environ['SANSMS_REDIS']}/0"), []
        try:
            for at in range(6):
                (Path(home) / str(at)).mkdir()
                options = ("--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--appendfsync", "no")
                node = RedisServer(program, Path(home) / str(at), *options)
                while node.port > 55000:
                    node = RedisServer(program, Path(home) / str(at), *options)
                nodes.append(node.start())
            form_cluster(nodes, (0, *bounds, 16384))
            yield nodes
        finally:
            for node in nodes:
                node.kill()


def failed_over(nodes: list[RedisServer], breaks) -> Storm:
    """Breaks the primary that has the number's record, and waits for its replica."""

    def fault(storm: Storm) -> None:
        keys = {key for node in nodes[:3] for key in scan(node)}
        hot = max(keys, key=lambda key: max(strlen(node, key) for node in nodes[:3]))
        before = {node.port: strlen(node, hot) for node in nodes[:3]}
        primary = max(nodes[:3], key=lambda node: before[node.port])
        breaks(primary)
        replica = nodes[nodes.index(primary) + 3]
        for _ in range(400):
            with replica.client() as client:
                if client.info("replication")["role"] == "master":
                    break
            time.sleep(0.025)
        else:
            raise AssertionError("no replica took over")
        # A primary tells its replica what it did in the same turn of its loop in which it answers, so of each thread
        # one place may be lost that was answered.
        storm.forgotten = THREADS
        time.sleep(0.5)

    with closing(RedisClusterStore(nodes[0].url)) as store:
        # The nodes may have changed places between the reading of the map and the first operation.
        port = nodes[3].port
        store._slots = [(0, 16383, ("127.0.0.1", port))]
        assert store.run([("sansms:moved", "reserve 0000000000000001 1:l:1:60000:s")], 5.0) == ["granted 60000"]
        return Storm(store).run(fault)


def form_cluster(nodes: list[RedisServer], bounds: tuple[int, ...]) -> None:
    """Makes three shards with a replica each."""
    ids = {}
    for at, node in enumerate(nodes):
        with node.client() as client:
            ids[at] = client.execute_command("CLUSTER", "MYID").decode()
            client.execute_command("CONFIG", "SET", "cluster-require-full-coverage", "no")
            if at < 3:
                client.execute_command("CLUSTER", "ADDSLOTS", *range(bounds[at], bounds[at + 1]))
            client.execute_command("CLUSTER", "SET-CONFIG-EPOCH", at + 1)
            if at:
                client.execute_command("CLUSTER", "MEET", "127.0.0.1", nodes[0].port)
    wait_for(lambda: all(known(node) == len(nodes) for node in nodes))
    for at in (3, 4, 5):
        with nodes[at].client() as client:
            client.execute_command("CLUSTER", "REPLICATE", ids[at - 3])
    wait_for(lambda: all(linked(nodes[at]) for at in (3, 4, 5)))
    wait_for(lambda: all(ok(node) for node in nodes))


def wait_for(condition) -> None:
    for _ in range(400):
        with suppress(redis.RedisError):
            if condition():
                return
        time.sleep(0.05)
    raise TimeoutError("the cluster did not form")


def known(node: RedisServer) -> int:
    with node.client() as client:
        return client.execute_command("CLUSTER", "NODES").count(b"\n")


def linked(node: RedisServer) -> bool:
    with node.client() as client:
        return client.info("replication").get("master_link_status") == "up"


def ok(node: RedisServer) -> bool:
    with node.client() as client:
        return b"cluster_state:ok" in client.execute_command("CLUSTER", "INFO")


def scan(node: RedisServer) -> list[bytes]:
    with node.client() as client:
        return list(client.scan_iter())


def strlen(node: RedisServer, key: bytes) -> int:
    with node.client() as client, suppress(redis.ResponseError):
        return client.strlen(key)
    return 0


SCENARIOS = {
    **{f"killed {kind}": killed for kind in ("redis", "postgres", "mariadb")},
    **{f"stopped {kind}": stopped for kind in ("redis", "postgres", "mariadb")},
    **{f"cut {kind}": cut for kind in ("redis", "postgres", "mariadb")},
    "flushed-scripts redis": flushed_scripts,
    "flushed redis": flushed,
    "out-of-memory redis": out_of_memory,
    **{f"conflicts {kind}": conflicts for kind in ("postgres", "mariadb")},
    **{f"full-disk {kind}": full_disk for kind in ("sqlite", "redis", "postgres", "mariadb")},
    "failover redis": failover,
    "failover-first redis": failover_of_first,
    "failover-stopped redis": failover_of_stopped,
}


FORGETS_ALL = ("flushed redis",)


def run(name: str) -> str:
    """Runs a scenario; returns by how much more than the limit was sent."""
    storm = SCENARIOS[name](name.partition(" ")[2])
    over = max(storm.admitted - LIMIT, 0)
    print(f"{name}: {dict(storm.codes)}, {over} over, slowest {storm.slowest_s:.2f} s", file=sys.stderr, flush=True)
    storm.check()
    # Where the server forgot all, as much came on top as had been admitted by chance.
    return f"{name}: over {'what was forgotten' if name in FORGETS_ALL else over}"


def main(*names: str) -> None:
    began, lines = time.monotonic(), []
    for name in names or SCENARIOS:
        try:
            lines.append(run(name))
        except Unable as error:
            lines.append(f"{name}: passed over, {error}")
        print(lines[-1], flush=True)
    digest = sha256("\n".join(lines).encode()).hexdigest()[:16]
    print(f"digest {digest} seconds {time.monotonic() - began:.1f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
