"""The column that names a record."""

from __future__ import annotations

from django.db import models

TYPE_CHECKING = False
if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

# Keys are told apart by case, which MySQL's usual collations don't do; and bytes are quicker to compare than words.
# PostgreSQL's long name of the type spares the table the index for LIKE that Django adds to its short one.
TYPES = {
    "mysql": "varchar(%d) CHARACTER SET ascii COLLATE ascii_bin",
    "postgresql": 'character varying(%d) COLLATE "C"',
}


class KeyField(models.CharField):  # type: ignore[type-arg]
    """The name of a partition: ASCII, compared byte by byte."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        """Returns the column's type."""
        named = TYPES.get(connection.vendor)
        return super().db_type(connection) if named is None else named % (self.max_length or 0)
