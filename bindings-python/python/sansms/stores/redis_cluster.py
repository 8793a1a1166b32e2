"""Records in a Redis Cluster: the operations of a wave run on their nodes at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from time import monotonic

from sansms._driver import warn
from sansms._errors import ConfigError

from .redis import RedisStore, address, text

import redis  # isort: skip - `.redis` says what to install when it is not there

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Node = tuple[str, int]

MOST_MOVES = 3
"""How often an operation follows a slot that moved."""


class RedisClusterStore:
    """Keeps records in a Redis Cluster, each key on the node of its slot; otherwise as `RedisStore`.

    An operation has one key, so a wave never needs two nodes to agree. The map of slots is read from the nodes, and
    again when a slot has moved or a node is gone. `asend` and `averify` run it in threads.
    """

    def __init__(self, url: str, *, allow_eviction: bool = False, timeout: float = 1.0) -> None:
        """Opens nothing; `url` is that of any node, the rest is as for `RedisStore`."""
        self._kind, self._options = address(url, redis.ConnectionPool, timeout)
        if "path" in self._options:
            raise ConfigError("config.value", "store", "a cluster has no socket in the file system")
        self._first: Node = (str(self._options.get("host", "localhost")), int(self._options.get("port", 6379)))
        self._more: dict[str, Any] = {"allow_eviction": allow_eviction, "timeout": timeout}
        self._nodes: dict[Node, RedisStore] = {}
        self._slots: list[tuple[int, int, Node]] = []
        self._lock = Lock()

    def run(self, ops: list[tuple[str, str]], timeout: float) -> list[str | None]:
        """Runs `(key, operation)` pairs, each atomic on its key, on their nodes at once, within `timeout` seconds."""
        deadline = monotonic() + timeout
        answers: list[object] = [None] * len(ops)
        waiting = list(range(len(ops)))
        for _ in range(MOST_MOVES):
            if not self._slots:
                self._read_slots(deadline)
            parts: dict[Node, list[int]] = {}
            for at in waiting:
                parts.setdefault(self._node_of(ops[at][0]), []).append(at)
            for places, found in self._at_once(parts, ops, deadline):
                for at, answer in zip(places, found):
                    answers[at] = answer
            waiting = [at for at in waiting if isinstance(answers[at], redis.exceptions.MovedError)]
            if not waiting:
                break
            self._slots = []  # a slot that moved ran nothing where it was
        failed = [answer for answer in answers if isinstance(answer, Failed)]
        if failed and len(failed) == len(answers):
            raise failed[0].error
        return [None if isinstance(answer, Failed) else text(answer) for answer in answers]

    def close(self) -> None:
        """Closes the idle connections; a later call opens new ones."""
        with self._lock:
            nodes, self._nodes, self._slots = self._nodes, {}, []
        for node in nodes.values():
            node.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def _at_once(
        self, parts: dict[Node, list[int]], ops: list[tuple[str, str]], deadline: float
    ) -> list[tuple[list[int], list[object]]]:
        def ask(node: Node) -> list[object]:
            places = parts[node]
            try:
                return self._node(node)._answers([ops[at] for at in places], max(deadline - monotonic(), 0.001))
            except ConfigError:
                raise
            except Exception as error:
                warn("the store", error)
                self._slots = []  # the node may be gone, and another have its slots
                return [Failed(error)] * len(places)

        if len(parts) == 1:
            return [(places, ask(node)) for node, places in parts.items()]
        with ThreadPoolExecutor(len(parts)) as pool:
            return list(zip(parts.values(), pool.map(ask, parts)))

    def _node(self, node: Node) -> RedisStore:
        with self._lock:
            store = self._nodes.get(node)
            if store is None:
                options = {**self._options, "host": node[0], "port": node[1]}
                pool = redis.ConnectionPool(connection_class=self._kind, **options)
                store = self._nodes[node] = RedisStore(redis.Redis(connection_pool=pool), **self._more)
            return store

    def _node_of(self, key: str) -> Node:
        slot = redis.crc.key_slot(key.encode("ascii"))
        for first, last, node in self._slots:
            if first <= slot <= last:
                return node
        return self._first

    def _read_slots(self, deadline: float) -> None:
        """Asks the nodes that are known, one after the other, for the map of slots."""
        trouble: Exception = ConnectionError()
        for node in dict.fromkeys((*self._nodes, self._first)):
            try:
                found = self._node(node)._ask(("CLUSTER", "SLOTS"), deadline)
                if isinstance(found, list):
                    self._slots = [
                        (int(each[0]), int(each[1]), ((each[2][0] or b"").decode() or node[0], int(each[2][1])))
                        for each in found
                    ]
                    return
                problem = "this Redis is no cluster; take RedisStore"
                raise ConfigError("config.value", "store", problem)
            except ConfigError:
                raise
            except Exception as error:
                trouble = error
        raise trouble


class Failed:
    """Stands for the answer of a node that gave none."""

    def __init__(self, error: Exception) -> None:
        self.error = error
