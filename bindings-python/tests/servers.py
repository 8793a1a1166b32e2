"""A Redis of a test's own, to be killed and started again."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path

import redis


class RedisServer:
    """Runs `redis-server` on a loopback port of its own, with its files in `home`."""

    def __init__(self, executable: str, home: Path, *options: str) -> None:
        self.home, self.options, self.executable = home, options, executable
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> RedisServer:
        command = [self.executable, "--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.home)]
        command += ["--save", "", "--appendonly", "yes", *self.options]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            try:
                with self.client() as client:
                    client.ping()
                return self
            except redis.AuthenticationError:
                return self
            except redis.RedisError:
                time.sleep(0.02)
        raise TimeoutError("the Redis did not start")

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url)

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def __enter__(self) -> RedisServer:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()


def executable(url: str) -> str:
    """Finds the program: on the path, or where the Redis that runs already came from."""
    found = shutil.which("redis-server")
    if found is None:
        with redis.Redis.from_url(url) as client:
            found = client.info("server")["executable"]
    return found
