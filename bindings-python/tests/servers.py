"""A Redis of a test's own, to be killed and started again; and one that is slow."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from contextlib import suppress
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
        # `everysec` may put a write off for two seconds while the disk is busy, and a kill then loses it.
        command += ["--save", "", "--appendonly", "yes", "--appendfsync", "always", *self.options]
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


class SlowRedis:
    """Accepts, and answers as a Redis does, but late; or from a certain reply on byte by byte, 20 s long."""

    def __init__(self, late_s: float = 0.0, drips_from: int | None = None) -> None:
        self.late_s, self.drips_from, self.replies = late_s, drips_from, 0
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"redis://:word@127.0.0.1:{self.port}/3"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, client.makefile("rb") as asked, suppress(OSError):
            at = 0
            while line := asked.readline():
                words = [asked.read(int(asked.readline()[1:]) + 2)[:-2] for _ in range(int(line[1:]))]
                if self._over.wait(self.late_s):
                    return
                if self.drips_from is None or at < self.drips_from:
                    client.sendall(KNOWN_REPLIES.get(words[0], b"+OK\r\n"))
                else:
                    for byte in b"+" + b"x" * 400 + b"\r\n":
                        client.sendall(bytes([byte]))
                        if self._over.wait(0.05):
                            return
                self.replies += 1
                at += 1

    def close(self) -> None:
        self._over.set()
        self._listener.close()


KNOWN_REPLIES = {
    b"INFO": b"$39\r\nredis_version:7.0.0\r\naof_enabled:1\r\n#\r\n\r\n",
    b"EVALSHA": b"$12\r\ngranted 1000\r\n",
}
HANDSHAKE = 4
"""How many replies there are before the first command: AUTH, CLIENT SETINFO twice, SELECT."""
