"""One of several processes at one database, in Python and in JavaScript: `peer.py URL NAMESPACE LIMIT`.

Takes commands as lines of JSON and answers each with one: `{"send": NUMBER, "times": N}` sends so often at once and
counts how each ended; `{"verify": NUMBER, "code": CODE}` checks a code. `sent` is the code that was last delivered.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from sansms import Service

OK = b'{"Code":"OK","Message":"OK","RequestId":"A6C9E8B2-0000-5000-9000-000000000000","BizId":"1"}'


def main(url: str, namespace: str, limit: str) -> None:
    sent = [""]

    def transport(method, url, headers, body, timeout, max_reply):
        sent[0] = re.search(r"%22(\d{6})%22", url + body.decode())[1]
        return 200, [("content-type", "application/json")], OK

    provider = {"access_key_id": "a", "access_key_secret": "b", "sign_name": "示例", "templates": {"r": "SMS_1"}}
    service = Service(
        providers=[{"aliyun": provider}],
        store=url,
        secret="x" * 32,
        ip="off",
        namespace=namespace,
        policy={"cooldown_s": 0, "number": [f"{limit}/24h"], "wrong_tries": [], "budget": ["1000000/24h"]},
        store_timeout=20.0,
        transport=transport,
    )
    print("{}", flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        if "send" in asked:
            with ThreadPoolExecutor(asked["times"]) as pool:
                calls = [pool.submit(service.send, asked["send"], purpose="r") for _ in range(asked["times"])]
            codes = Counter(call.result().code for call in calls)
        else:
            codes = Counter([service.verify(asked["verify"], asked["code"], purpose="r").code])
        print(json.dumps({"codes": codes, "sent": sent[0]}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
