"""A PostgreSQL or a MariaDB of a test's own, made as the one that runs already was, to be killed and started again."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psycopg
import pymysql

from sansms.stores.mysql import options_of


class Server:
    """A server on a loopback port, with a directory of its own."""

    command: list[str]
    options: dict[str, object]

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="sansms-server-"))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        log = open(self.home / "log", "ab")  # noqa: SIM115 - the child's
        self.process = subprocess.Popen(self.command, stdout=log, stderr=log, start_new_session=True, **self.options)
        log.close()
        for _ in range(400):
            try:
                self.hello()
                return
            except (psycopg.Error, pymysql.Error, OSError):
                time.sleep(0.025)
        raise TimeoutError((self.home / "log").read_text())

    def hello(self) -> None:
        raise NotImplementedError

    def signal(self, number: int) -> None:
        """Sends a signal to all of the server's processes."""
        for pid in children(self.process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def kill(self) -> None:
        """Ends it at once, as a crash would."""
        if self.process:
            self.signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def close(self) -> None:
        self.kill()
        shutil.rmtree(self.home, ignore_errors=True)


def children(pid: int) -> list[int]:
    """Lists a process and its children."""
    return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]


def running(pid: int) -> tuple[str, list[str], dict[str, object]]:
    """Returns the program of a process, its arguments, and who runs it."""
    home = Path(f"/proc/{pid}")
    words = (home / "cmdline").read_bytes().rstrip(b"\0").decode().split("\0")
    environment = dict(os.environ)
    for line in (home / "environ").read_bytes().split(b"\0"):
        if line.startswith(b"LD_LIBRARY_PATH="):
            environment["LD_LIBRARY_PATH"] = line.partition(b"=")[2].decode()
    who = home.stat()
    options = {"env": environment}
    if os.getuid() == 0:
        options.update(user=who.st_uid, group=who.st_gid, extra_groups=[])
    return os.readlink(home / "exe"), words, options


class Postgres(Server):
    def __init__(self, like: str) -> None:
        super().__init__()
        with psycopg.connect(like) as connection:
            ((pid,),) = connection.execute("SELECT pg_read_file('postmaster.pid')").fetchall()
        program, _, self.options = running(int(pid.split()[0]))
        if os.getuid() == 0:
            os.chown(self.home, self.options["user"], self.options["group"])
        data = str(self.home / "data")
        # A crash of the server alone loses nothing that the system has taken, so there is no need to wait for disks.
        self.command = [program, "-D", data, "-h", "127.0.0.1", "-p", str(self.port)]
        self.command += ["-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "max_connections=60"]
        initdb = [str(Path(program).with_name("initdb")), "-D", data, "-U", "sansms", "--auth=trust", "--no-sync"]
        subprocess.run(initdb, check=True, capture_output=True, cwd=self.home, **self.options)
        self.url = f"postgresql://sansms@127.0.0.1:{self.port}/postgres"
        self.start()

    def hello(self) -> None:
        psycopg.connect(self.url, connect_timeout=2).close()


class MariaDB(Server):
    def __init__(self, like: str) -> None:
        super().__init__()
        with pymysql.connect(**options_of(like)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT @@pid_file, @@lc_messages_dir")
            pid_file, share = cursor.fetchone()
        program, words, self.options = running(int(Path(pid_file).read_text()))
        kept = [word for word in words[1:] if word.startswith(("--lc-", "--character-sets", "--user=", "--innodb"))]
        data = self.home / "data"
        (data / "mysql").mkdir(parents=True)
        self.command = [program, "--no-defaults", f"--datadir={data}", *kept]
        tables = "".join(
            (Path(share) / f"mysql_{name}.sql").read_text() for name in ("system_tables", "system_tables_data")
        )
        script = (
            "use mysql;\nset @auth_root_socket=null, @skip_auth_anonymous=1, @current_hostname='localhost';\n"
            f"{tables}\nflush privileges;\ncreate user sansms@'127.0.0.1';\n"
            "grant all on *.* to sansms@'127.0.0.1';\ncreate database sansms;\n"
        )
        bootstrap = [*self.command, "--bootstrap"]
        subprocess.run(bootstrap, input=script.encode(), check=True, capture_output=True, **self.options)
        self.command += ["--bind-address=127.0.0.1", f"--port={self.port}", f"--socket={self.home}/socket"]
        # A commit is in the system's hands, so a crash of the server alone loses none.
        self.command += [f"--pid-file={self.home}/pid", "--skip-name-resolve", "--innodb-flush-log-at-trx-commit=2"]
        self.url = f"mysql://sansms@127.0.0.1:{self.port}/sansms"
        self.start()

    def hello(self) -> None:
        pymysql.connect(**{**options_of(self.url), "connect_timeout": 2}).close()


class Conflicts:
    """Makes the first so many writes of rows fail, as a serialisation failure or a deadlock of the server's would.

    A trigger raises them; a sequence counts the writes, as that is not rolled back.
    """

    def __init__(self, url: str, table: str, number: int) -> None:
        self.table, self.name, self.number = table, f"{table}_conflicts", number
        self.postgres = url.startswith("postgres")
        self.connection = psycopg.connect(url, autocommit=True) if self.postgres else pymysql.connect(**options_of(url))
        self.cursor = self.connection.cursor()

    def __enter__(self) -> Conflicts:
        self.cursor.execute(f"CREATE SEQUENCE {self.name} {'' if self.postgres else 'NOCACHE'}")
        if self.postgres:
            self.cursor.execute(
                f"CREATE FUNCTION {self.name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"IF nextval('{self.name}') <= {self.number} THEN "
                "RAISE EXCEPTION 'could not serialize access' USING ERRCODE = '40001'; END IF; "
                "RETURN NEW; END $$"
            )
            self.cursor.execute(
                f"CREATE TRIGGER conflicts BEFORE UPDATE ON {self.table} FOR EACH ROW EXECUTE FUNCTION {self.name}()"
            )
        else:
            self.cursor.execute(
                f"CREATE TRIGGER {self.name} BEFORE UPDATE ON {self.table} FOR EACH ROW "
                f"IF nextval({self.name}) <= {self.number} THEN "
                "SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213, MESSAGE_TEXT = 'Deadlock found'; END IF"
            )
        return self

    def writes(self) -> int:
        """Returns how many writes there were, those that failed too."""
        last = "last_value - (NOT is_called)::int" if self.postgres else "next_not_cached_value - 1"
        self.cursor.execute(f"SELECT {last} FROM {self.name}")
        return self.cursor.fetchone()[0]

    def __exit__(self, *_: object) -> None:
        if self.postgres:
            self.cursor.execute(f"DROP FUNCTION {self.name} CASCADE")
        else:
            self.cursor.execute(f"DROP TRIGGER {self.name}")
        self.cursor.execute(f"DROP SEQUENCE {self.name}")
        self.connection.close()
