"""One process of several at one number: `contender.py STORE NAMESPACE THREADS POLICY URL`.

Prints `ready`, waits for a line, sends from as many threads at once, and prints how often each kind came, as JSON.
`POLICY` is JSON; `URL` is that of a sandbox, or `-` for sends that deliver nothing.
"""

from __future__ import annotations

import json
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from sansms import Service

NUMBER = "13800138000"


def make(store: str, namespace: str, policy: dict[str, object], url: str) -> Service:
    provider = {
        "access_key_id": "sandbox-id",
        "access_key_secret": "sandbox-secret",
        "sign_name": "示例",
        "templates": {"register": "SMS_1"},
        "endpoint": "http://127.0.0.1:1" if url == "-" else url,
    }
    return Service(
        providers=[{"aliyun": provider}],
        store=store,
        secret="x" * 32,
        ip="off",
        namespace=namespace,
        policy=policy,
        store_timeout=20.0,
    )


def main(store: str, namespace: str, threads: int, policy: str, url: str) -> None:
    service = make(store, namespace, json.loads(policy), url)
    start = threading.Barrier(threads)

    def send(_: int) -> str:
        start.wait()
        return service.send(NUMBER, purpose="register", deliver=url != "-").code

    print("ready", flush=True)
    sys.stdin.readline()
    with ThreadPoolExecutor(threads) as pool:
        print(json.dumps(Counter(pool.map(send, range(threads)))))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5])
