"""Records in a Redis Cluster: the operations of a wave run on their nodes at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from time import monotonic

from sansms._driver import warn
from sansms._errors import ConfigError

from ._deadline import within
from .redis import RedisLink, RedisStore, address, text

import redis  # isort: skip - `.redis` says what to install when it is not there
from redis.exceptions import AskError, ClusterDownError, MovedError, ReadOnlyError  # isort: skip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    Node = tuple[str, int]
    Slots = list[tuple[int, int, Node]]
    Aim = tuple[Node, bool]
    """A node, and whether the slot is only on its way there."""

MOST_MOVES = 3
"""How often an operation is sent: to where its slot was, and after it."""

PAUSE_S = 0.05
"""The least time between two readings of a map that is doubted."""


class RedisClusterStore:
    """Keeps records in a Redis Cluster, each key on the node of its slot; otherwise as `RedisStore`.

    An operation has one key, so a wave never needs two nodes to agree. The map of slots is read from any node that was
    ever in it, and again when a slot has moved or a node fails; an operation whose slot has another node by then is
    sent there, which is safe, as the same lease hears the same answer. `asend` and `averify` run it in threads.
    """

    def __init__(self, url: str, *, allow_eviction: bool = False, timeout: float = 1.0) -> None:
        """Opens nothing; `url` is that of any node, the rest is as for `RedisStore`."""
        self._kind, self._options = address(url, redis.ConnectionPool, timeout)
        if "path" in self._options:
            raise ConfigError("config.value", "store", "a cluster has no socket in the file system")
        self._first: Node = (str(self._options.get("host", "localhost")), int(self._options.get("port", 6379)))
        self._more: dict[str, Any] = {"allow_eviction": allow_eviction, "timeout": timeout}
        self._nodes: dict[Node, ClusterNode] = {}
        self._known = [self._first]  # who is asked for the map: replicas too, and those that failed last
        self._slots: Slots = []
        self._doubted, self._due = False, 0.0
        self._lock = Lock()

    def run(self, ops: list[tuple[str, str]], timeout: float) -> list[str | None]:
        """Runs `(key, operation)` pairs, each atomic on its key, on their nodes at once, within `timeout` seconds."""
        deadline = monotonic() + timeout
        answers: list[object] = [None] * len(ops)
        slots = self._map(deadline)
        aims: dict[int, Aim] = {at: (self._owner(key, slots), False) for at, (key, _) in enumerate(ops)}
        for _ in range(MOST_MOVES):
            parts: dict[Aim, list[int]] = {}
            for at, aim in aims.items():
                parts.setdefault(aim, []).append(at)
            for places, found in self._at_once(parts, ops, deadline):
                for at, answer in zip(places, found):
                    answers[at] = answer
            aims = self._elsewhere(aims, ops, answers, deadline)
            if not aims:
                break
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
        self, parts: dict[Aim, list[int]], ops: list[tuple[str, str]], deadline: float
    ) -> list[tuple[list[int], list[object]]]:
        def ask(aim: Aim) -> list[object]:
            (node, asking), places = aim, parts[aim]
            try:
                left = max(deadline - monotonic(), 0.001)
                return self._node(node)._answers([ops[at] for at in places], left, asking)
            except ConfigError:
                raise
            except Exception as error:
                warn("the store", error)
                return [Failed(error)] * len(places)

        if len(parts) == 1:
            return [(places, ask(aim)) for aim, places in parts.items()]
        with ThreadPoolExecutor(len(parts)) as pool:
            return list(zip(parts.values(), pool.map(ask, parts)))

    def _elsewhere(
        self, aims: dict[int, Aim], ops: list[tuple[str, str]], answers: list[object], deadline: float
    ) -> dict[int, Aim]:
        """Returns where those operations are sent now that had no answer where they were sent."""
        again: dict[int, Aim] = {}
        lost: list[int] = []
        for at, (node, _) in aims.items():
            answer = answers[at]
            if isinstance(answer, AskError):  # a MovedError is one too
                moved = isinstance(answer, MovedError)
                again[at] = ((answer.host or node[0], answer.port), not moved)
                self._doubted = self._doubted or moved
            elif isinstance(answer, (Failed, ClusterDownError, ReadOnlyError)):
                lost.append(at)
        self._doubt(aims[at][0] for at in lost)
        if lost and monotonic() < deadline:
            try:
                slots = self._map(deadline)
            except Exception as error:
                warn("the store", error)
                return again
            # Where the same node would be asked, the answer would be the same.
            owners = {at: self._owner(ops[at][0], slots) for at in lost}
            again.update((at, (owner, False)) for at, owner in owners.items() if owner != aims[at][0])
        return again

    def _node(self, node: Node) -> ClusterNode:
        with self._lock:
            store = self._nodes.get(node)
            if store is None:
                options = {**self._options, "host": node[0], "port": node[1]}
                pool = redis.ConnectionPool(connection_class=self._kind, **options)
                store = self._nodes[node] = ClusterNode(redis.Redis(connection_pool=pool), **self._more)
            return store

    def _owner(self, key: str, slots: Slots) -> Node:
        slot = redis.crc.key_slot(key.encode("ascii"))
        for first, last, node in slots:
            if first <= slot <= last:
                return node
        return self._known[0]

    def _doubt(self, nodes: Iterable[Node]) -> None:
        """Notes nodes that failed: another may have their slots, and is asked for the map before them."""
        failed = set(nodes)
        if failed:
            with self._lock:
                self._known = sorted(self._known, key=failed.__contains__)
            self._doubted = True

    def _map(self, deadline: float) -> Slots:
        """Returns the map of slots; reads it where there is none, and where it is doubted, now and then."""
        slots = self._slots
        if slots:
            with self._lock:
                if not self._doubted or monotonic() < self._due:
                    return slots
                self._due = monotonic() + PAUSE_S  # the others go by the old one meanwhile
        return self._read(deadline)

    def _read(self, deadline: float) -> Slots:
        """Asks the nodes for the map of slots, one after the other, none for longer than half of what time is left."""
        trouble: Exception = TimeoutError()
        for node in tuple(self._known):
            left = deadline - monotonic()
            if left <= 0:
                break
            try:
                shards = self._shards(node, left / 2)
                if not shards:
                    raise ConnectionError
            except ConfigError:
                raise
            except Exception as error:
                trouble = error
                self._doubt((node,))
                continue
            found = [
                [((each[0] or b"").decode() or node[0], int(each[1])) for each in members] for _, _, *members in shards
            ]
            slots = [(int(shard[0]), int(shard[1]), members[0]) for shard, members in zip(shards, found)]
            with self._lock:
                rest = [self._first, *(each for members in found for each in members)]
                before = [each for each in self._known if each in rest and each != node]
                self._known = list(dict.fromkeys((node, *(each for each in rest if each not in before), *before)))
                self._slots, self._doubted = slots, False
            return slots
        raise trouble

    def _shards(self, node: Node, timeout: float) -> list[Any]:
        """Asks a node for the map, on a connection that waits for no longer than that."""
        options = {**self._options, "host": node[0], "port": node[1]}
        deadline = monotonic() + timeout
        link: RedisLink = within(deadline, lambda: RedisLink(self._kind, options, deadline), RedisLink.close)
        try:
            (found,) = link.ask([("CLUSTER", "SLOTS")], deadline)
        finally:
            link.close()
        if not isinstance(found, list):
            raise ConfigError("config.value", "store", "this Redis is no cluster; take RedisStore")
        return found


class ClusterNode(RedisStore):
    """Is one node; if it has become a replica, it says itself where the slot is now."""

    _may_be_replica = True


class Failed:
    """Stands for the answer of a node that gave none."""

    def __init__(self, error: Exception) -> None:
        self.error = error
