"""The GX execution engine on the connection of a `Database`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from duckdb_engine import ConnectionWrapper
from great_expectations.execution_engine.sqlalchemy_batch_data import SqlAlchemyBatchData
from great_expectations.execution_engine.sqlalchemy_execution_engine import (
    SqlAlchemyExecutionEngine,
)

from ehrivig.database import Database

_BATCH = "table"


class _TypeNames:
    """Stands in for GX's "dialect module": one SQLAlchemy type per DuckDB type name."""

    __name__ = "duckdb"
    dialect = sa.dialects.postgresql.dialect  # LIKE is PostgreSQL's

    def __getattr__(self, name: str) -> type[sa.types.TypeEngine[Any]]:
        if name != name.upper() or name.startswith("_"):
            raise AttributeError(name)
        made: type[sa.types.TypeEngine[Any]] = type(name, (sa.types.NullType,), {})
        self.__dict__[name] = made
        return made


class DuckDBEngine(SqlAlchemyExecutionEngine):
    """A GX engine on the connection of a `Database`, which says what an expectation means."""

    def __init__(self, database: Database, relation: str) -> None:
        self.database = database
        self.relation = relation
        self._held = [ConnectionWrapper(database.connection.cursor())]
        held = self._held
        engine = sa.create_engine(
            "duckdb://", creator=lambda: held[0], poolclass=sa.pool.StaticPool
        )
        super().__init__(engine=engine, create_temp_table=False)
        self.dialect_module: Any = _TypeNames()

    @contextmanager
    def get_connection(self) -> Iterator[sa.Connection]:
        """The one connection, kept open: a pooled one loses its unread rows when it goes back."""
        if self._connection is None:
            self._connection = self.engine.connect()
        elif self._connection.in_transaction():
            self._connection.rollback()  # one failed metric must not abort those after it
        yield self._connection

    def release(self) -> None:
        """Give the connection back now, before the garbage collector would."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self.engine.dispose()
        self._held.clear()  # the engine lives on in GX's registries; the cursor must not
        del self.database

    def text(self, clause: Any) -> str:
        """A SQLAlchemy clause as DuckDB text with its values written out."""
        compiled = clause.compile(
            dialect=self.engine.dialect, compile_kwargs={"literal_binds": True}
        )
        return str(compiled)


def open_engine(db: Database, relation: str) -> DuckDBEngine:
    """An engine whose only batch is the relation."""
    schema, _, name = relation.rpartition(".")
    engine = DuckDBEngine(db, relation)
    batch = SqlAlchemyBatchData(
        execution_engine=engine,
        table_name=name,
        schema_name=schema or None,
        create_temp_table=False,
    )
    engine.load_batch_data(batch_id=_BATCH, batch_data=batch)
    return engine
