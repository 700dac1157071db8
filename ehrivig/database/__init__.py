"""The one place that speaks to DuckDB: a connection, and SQL files as checked queries."""

from ehrivig.database.connection import Database
from ehrivig.database.query import Query
from ehrivig.database.refusals import user_error

__all__ = ["Database", "Query", "user_error"]
