"""Records in MySQL 8, or MariaDB 10.5 and newer: one row a partition, a row lock, the server's clock."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote, urlsplit

from sansms._errors import ConfigError

from ._dialects import TABLE, MySQL
from ._sql import SIZE, DatabaseLink, SQLStore

try:
    import pymysql
    from pymysql.constants import CLIENT
except ImportError:
    message = "MySQL needs the package PyMySQL: pip install 'sansms[mysql]'"
    raise ConfigError("config.missing", "store", message) from None

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FILES = ("ssl_ca", "ssl_cert", "ssl_key", "unix_socket")
SWITCHES = ("ssl_verify_cert", "ssl_verify_identity")


class MySQLStore(SQLStore):
    """Keeps records in a table of MySQL or MariaDB; `asend` and `averify` run it in threads.

    Connections are the store's own, outside of the application's transactions. The table is made by the first use,
    or, where this user may not, by the statement `MySQLStore.CREATE_TABLE`.
    """

    CREATE_TABLE = MySQL().create
    """What makes the table, with its usual name."""

    def __init__(self, address: str, *, table: str = TABLE, size: int = SIZE) -> None:
        """Opens nothing.

        `address` is a URL, `mysql://user:password@host:3306/database`; after it `?ssl_ca=…`, `ssl_cert`, `ssl_key`,
        `ssl_verify_cert=1`, `ssl_verify_identity=1` or `unix_socket=…`. `size` is how many connections are opened at
        most.
        """
        self._options = options_of(address)
        super().__init__(MySQL(table), size)

    def _connect(self, deadline: float) -> DatabaseLink:
        raw: Any = pymysql.connect(**self._options)
        return DatabaseLink(raw, raw._sock.fileno())


def options_of(address: str) -> dict[str, Any]:
    """Returns the arguments of a connection; raises `ConfigError`, which never shows the address."""
    options: dict[str, Any] = {}
    try:
        parts = urlsplit(address)
        if parts.scheme in ("mysql", "mariadb") and len(parts.path) > 1:
            options = {"host": parts.hostname, "port": parts.port, "user": parts.username, "password": parts.password}
            options = {name: unquote(value) if isinstance(value, str) else value for name, value in options.items()}
            options["database"] = unquote(parts.path[1:])
            for name, value in parse_qsl(parts.query, strict_parsing=bool(parts.query)):
                if name not in (*FILES, *SWITCHES):
                    raise ValueError
                options[name] = value in ("1", "true") if name in SWITCHES else value
    except (ValueError, TypeError, AttributeError):
        options = {}  # the error would quote the address, and with it the password
    if not options:
        raise ConfigError("config.value", "store", "is no address of a MySQL: mysql://user:password@host/database")
    options = {name: value for name, value in options.items() if value is not None}
    return {
        **options,
        "autocommit": True,
        "charset": "utf8mb4",
        "client_flag": CLIENT.MULTI_STATEMENTS,
        "connect_timeout": 10,
        "program_name": "sansms",
    }
