"""The GX execution engine on the connection of a `Database`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from duckdb_engine import ConnectionWrapper
from great_expectations.execution_engine.sqlalchemy_batch_data import SqlAlchemyBatchData
from great_expectations.execution_engine.sqlalchemy_execution_engine import (
    SqlAlchemyExecutionEngine,
)

from ehrivig.database import Database
from ehrivig.literals import Parameters, render

_BATCH = "table"
_MEASURED = "gate.measured"  # the one row of the last bundle
_HASHES = 2**18
_HASH = f"(hash(admission_id) % {_HASHES})::INTEGER"


@dataclass(frozen=True)
class Suspects:
    """Where the admissions of some rows of a relation are kept (`table`), and read (`source`).

    All of them, and a few others: measuring the rows keeps one bit for each of many hashes of an
    id, which needs the same little memory whatever the proportion of such rows.
    """

    table: str
    source: str


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
    """A GX engine on the connection of a `Database`; `parameters` fill the suites' `$names`."""

    def __init__(self, database: Database, parameters: Parameters, relation: str) -> None:
        self.database = database
        self.relation = relation
        self.parameters = parameters
        self.refusal: BaseException | None = None
        self._suspects: tuple[Suspects, str] | None = None
        self._bundling = False
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

    def execute_query(self, query: Any) -> Any:
        """Run what GX asks, and keep it in the log of the database as a plain statement."""
        try:
            if self._bundling and self._suspects is not None:
                query = self._with_suspects(query, *self._suspects)
                self._suspects = None
            self.database.log.append(self.text(query) + ";")
            return super().execute_query(query)
        except Exception as error:  # GX keeps only its text
            self.refusal = error.orig if isinstance(error, sa.exc.DBAPIError) else error
            raise

    def keep(self, suspects: Suspects, condition: str) -> None:
        """Let the next bundle also keep the admissions of the rows that meet a condition."""
        self._suspects = suspects, condition

    def _with_suspects(self, query: sa.Select[Any], suspects: Suspects, condition: str) -> Any:
        """The bundle, measured into a table together with the suspects; a SELECT of the former."""
        bits = f"bitstring_agg(CASE WHEN {condition} THEN {_HASH} END, 0, {_HASHES - 1})"
        query = query.add_columns(sa.literal_column(bits).label("suspects"))
        self.database.table(_MEASURED, self.text(query))
        self.database.table(
            suspects.table,
            f"SELECT DISTINCT admission_id FROM {suspects.source} "
            f"WHERE get_bit((SELECT suspects FROM {_MEASURED}), {_HASH}) = 1",
        )
        return sa.text(f"SELECT * EXCLUDE (suspects) FROM {_MEASURED}")

    def resolve_metric_bundle(self, metric_fn_bundle: Any) -> Any:
        """One SELECT for the bundle, in an order that does not change from run to run."""
        self._bundling = True
        try:
            return super().resolve_metric_bundle(
                sorted(metric_fn_bundle, key=lambda one: str(one.metric_configuration.id))
            )
        finally:
            self._bundling = False

    def text(self, clause: Any) -> str:
        """A SQLAlchemy clause as DuckDB text with its values written out."""
        compiled = clause.compile(
            dialect=self.engine.dialect, compile_kwargs={"literal_binds": True}
        )
        return str(compiled)

    def literal(self, sql: str) -> Any:
        """A piece of SQL from a suite as a clause, with its `$names` filled."""
        return sa.literal_column(f"({render(sql, self.parameters)})")


def violation(engine: DuckDBEngine, kwargs: Mapping[str, Any]) -> str:
    """The SQL condition of a row that violates `condition` among the rows `among`.

    CASE, since DuckDB then evaluates the condition on those rows only; AND would on all.
    """
    condition, among = kwargs["condition"], kwargs.get("among")
    violation = f"CASE WHEN {among} THEN NOT ({condition}) END" if among else f"NOT ({condition})"
    return render(violation, engine.parameters)


def open_engine(db: Database, relation: str, parameters: Parameters) -> DuckDBEngine:
    """An engine whose only batch is the relation."""
    schema, _, name = relation.rpartition(".")
    engine = DuckDBEngine(db, parameters, relation)
    batch = SqlAlchemyBatchData(
        execution_engine=engine,
        table_name=name,
        schema_name=schema or None,
        create_temp_table=False,
    )
    engine.load_batch_data(batch_id=_BATCH, batch_data=batch)
    return engine
