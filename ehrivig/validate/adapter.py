"""Great Expectations on the DuckDB database of a hospital: the only module that imports it.

The engine shares the database's own connection, so nothing is copied and what GX asks is logged
like any other statement. Every count of a table is measured in one SELECT (GX bundles aggregate
metrics of one domain; no suite uses a `row_condition`, which would split the bundle). Only counts
are asked for: the result format is BOOLEAN_ONLY, under which GX requests no values.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

os.environ["GX_ANALYTICS_ENABLED"] = "false"  # before the import below: no telemetry

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import great_expectations as gx
    import sqlalchemy as sa
    from duckdb_engine import ConnectionWrapper
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.core.metric_domain_types import MetricDomainTypes
    from great_expectations.core.metric_function_types import MetricPartialFunctionTypes
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine
    from great_expectations.execution_engine.sqlalchemy_batch_data import SqlAlchemyBatchData
    from great_expectations.expectations.expectation import (
        BatchExpectation,
        ColumnMapExpectation,
        Expectation,
    )
    from great_expectations.expectations.metrics.map_metric_provider import (
        ColumnMapMetricProvider,
        column_condition_partial,
    )
    from great_expectations.expectations.metrics.metric_provider import (
        metric_partial,
        metric_value,
    )
    from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider
    from great_expectations.expectations.registry import get_expectation_impl
    from great_expectations.validator.metric_configuration import MetricConfiguration
    from great_expectations.validator.metrics_calculator import MetricsCalculator

from ehrivig import resources
from ehrivig.database import Database, Parameters, Query, render
from ehrivig.errors import UsageError
from ehrivig.validate.suite import Declared

logging.getLogger("great_expectations").setLevel(logging.ERROR)
_BOOLEAN = {"result_format": "BOOLEAN_ONLY"}
_BATCH = "table"
_DOMAIN = {"batch_id": None, "table": None, "row_condition": None, "condition_parser": None}
_SHAPE = "gate.shape"  # the columns of a table without its rows: GX counts rows to plan


@dataclass(frozen=True)
class Counted:
    """What one check found in one table: rows (or findings) violated, out of how many.

    `predicate` is the SQL condition of a violating row, as GX or the suite states it; None for a
    check that has no rows (a query, a statistic of a column).
    """

    check: str
    violated: int
    denominator: int
    predicate: str | None


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


class DuckDBEngine(SqlAlchemyExecutionEngine):  # type: ignore[misc]
    """A GX engine on the connection of a `Database`; `parameters` fill the suites' `$names`."""

    def __init__(self, database: Database, parameters: Parameters, relation: str) -> None:
        self.database = database
        self.relation = relation
        self.parameters = parameters
        connection = ConnectionWrapper(database.connection.cursor())
        engine = sa.create_engine(
            "duckdb://", creator=lambda: connection, poolclass=sa.pool.StaticPool
        )
        super().__init__(engine=engine, create_temp_table=False)
        self.dialect_module = _TypeNames()

    @contextmanager
    def get_connection(self) -> Iterator[sa.Connection]:
        """The one connection, kept open: a pooled one loses its unread rows when it goes back."""
        if self._connection is None:
            self._connection = self.engine.connect()
        elif self._connection.in_transaction():
            self._connection.rollback()  # one failed metric must not abort those after it
        yield self._connection

    def release(self) -> None:
        """Give the connection back now; left to the garbage collector it would outlive its cursor."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self.engine.dispose()

    def execute_query(self, query: Any) -> Any:
        """Run what GX asks, and keep it in the log of the database as a plain statement."""
        self.database.log.append(self.text(query) + ";")
        return super().execute_query(query)

    def resolve_metric_bundle(self, metric_fn_bundle: Any) -> Any:
        """One SELECT for the bundle, in an order that does not change from run to run."""
        return super().resolve_metric_bundle(
            sorted(metric_fn_bundle, key=lambda one: str(one.metric_configuration.id))
        )

    def text(self, clause: Any) -> str:
        """A SQLAlchemy clause as DuckDB text with its values written out."""
        compiled = clause.compile(
            dialect=self.engine.dialect, compile_kwargs={"literal_binds": True}
        )
        return str(compiled)

    def literal(self, sql: str) -> Any:
        """A piece of SQL from a suite as a clause, with its `$names` filled."""
        return sa.literal_column(f"({render(sql, self.parameters)})")


def _violation(engine: DuckDBEngine, kwargs: Mapping[str, Any]) -> str:
    """The SQL condition of a row that violates `condition` among the rows `among`.

    CASE, since DuckDB then evaluates the condition on those rows only; AND would on all.
    """
    condition, among = kwargs["condition"], kwargs.get("among")
    violation = f"CASE WHEN {among} THEN NOT ({condition}) END" if among else f"NOT ({condition})"
    return render(violation, engine.parameters)


class _RowsViolated(TableMetricProvider):  # type: ignore[misc]
    """Rows whose condition is false; unknown (null) is not a violation."""

    metric_name = "rows.violated"
    value_keys = ("condition", "among")

    @metric_partial(
        engine=DuckDBEngine,
        partial_fn_type=MetricPartialFunctionTypes.AGGREGATE_FN,
        domain_type=MetricDomainTypes.TABLE,
    )
    def _duckdb(
        cls, execution_engine: Any, metric_domain_kwargs: Any, metric_value_kwargs: Any, **_: Any
    ) -> Any:
        clause = sa.literal_column(_violation(execution_engine, metric_value_kwargs))
        return sa.func.count_if(clause), metric_domain_kwargs, {}


class _RowsAmong(TableMetricProvider):  # type: ignore[misc]
    """Rows for which an SQL condition is true; all rows when there is none."""

    metric_name = "rows.among"
    value_keys = ("among",)

    @metric_partial(
        engine=DuckDBEngine,
        partial_fn_type=MetricPartialFunctionTypes.AGGREGATE_FN,
        domain_type=MetricDomainTypes.TABLE,
    )
    def _duckdb(
        cls, execution_engine: Any, metric_domain_kwargs: Any, metric_value_kwargs: Any, **_: Any
    ) -> Any:
        among = metric_value_kwargs["among"]
        count = sa.func.count_if(execution_engine.literal(among)) if among else sa.func.count()
        return count, metric_domain_kwargs, {}


class _Statistic(TableMetricProvider):  # type: ignore[misc]
    """One aggregate of the table, written in SQL."""

    metric_name = "rows.statistic"
    value_keys = ("expression",)

    @metric_partial(
        engine=DuckDBEngine,
        partial_fn_type=MetricPartialFunctionTypes.AGGREGATE_FN,
        domain_type=MetricDomainTypes.TABLE,
    )
    def _duckdb(
        cls, execution_engine: Any, metric_domain_kwargs: Any, metric_value_kwargs: Any, **_: Any
    ) -> Any:
        return execution_engine.literal(metric_value_kwargs["expression"]), metric_domain_kwargs, {}


class _QueryFound(TableMetricProvider):  # type: ignore[misc]
    """The one row (violated, denominator) of a query file."""

    metric_name = "query.found"
    value_keys = ("query",)

    @metric_value(engine=DuckDBEngine)
    def _duckdb(
        cls, execution_engine: Any, metric_domain_kwargs: Any, metric_value_kwargs: Any, **_: Any
    ) -> Any:
        query = check_query(metric_value_kwargs["query"])
        bound = query.bind(execution_engine.parameters)
        rows = execution_engine.database.rows(query.text, bound)
        return [int(rows[0][0] or 0), int(rows[0][1] or 0)]


class _ColumnTypes(TableMetricProvider):  # type: ignore[misc]
    """The columns of the relation with their DuckDB types."""

    metric_name = "table.column_types"
    value_keys = ("include_nested",)

    @metric_value(engine=DuckDBEngine)
    def _duckdb(cls, execution_engine: Any, **_: Any) -> Any:
        types = execution_engine.dialect_module
        columns = execution_engine.database.columns(execution_engine.relation)
        return [
            {"name": name, "type": getattr(types, kind.partition("(")[0].upper())()}
            for name, kind in columns.items()
        ]


class _MatchRegex(ColumnMapMetricProvider):  # type: ignore[misc]
    """DuckDB's `~` is a full match; `regexp_matches` finds the pattern anywhere, as GX means."""

    condition_metric_name = "column_values.match_regex"
    condition_value_keys = ("regex",)

    @column_condition_partial(engine=DuckDBEngine)
    def _duckdb(cls, column: Any, regex: str, **_: Any) -> Any:
        return sa.func.regexp_matches(column, sa.literal(regex))


class _NotMatchRegex(ColumnMapMetricProvider):  # type: ignore[misc]
    """The opposite of the above."""

    condition_metric_name = "column_values.not_match_regex"
    condition_value_keys = ("regex",)

    @column_condition_partial(engine=DuckDBEngine)
    def _duckdb(cls, column: Any, regex: str, **_: Any) -> Any:
        return sa.not_(sa.func.regexp_matches(column, sa.literal(regex)))


def _number(value: Any) -> int:
    """A count; `count_if` over nulls alone gives null."""
    return int(value or 0)


class _Counting(BatchExpectation):  # type: ignore[misc]
    """Ground of this package's expectations: success is that nothing was found."""

    domain_keys: ClassVar[tuple[str, ...]] = ("batch_id",)

    def _validate(
        self, metrics: Any, runtime_configuration: Any = None, execution_engine: Any = None
    ) -> Any:
        return {"success": self.counts(metrics)[0] == 0}

    @staticmethod
    def counts(metrics: Mapping[str, Any]) -> tuple[int, int]:
        """(violated, denominator) from the metrics."""
        raise NotImplementedError


class ExpectRowsToMeet(_Counting):
    """Every row (among those named) meets an SQL condition over the columns of its table."""

    condition: str
    among: str | None = None
    metric_dependencies: ClassVar[tuple[str, ...]] = ("rows.violated", "rows.among")
    success_keys: ClassVar[tuple[str, ...]] = ("condition", "among")

    @staticmethod
    def counts(metrics: Mapping[str, Any]) -> tuple[int, int]:
        """Rows that do not meet the condition, rows to which it applies."""
        return _number(metrics["rows.violated"]), _number(metrics["rows.among"])


class ExpectStatisticToBeZero(_Counting):
    """An aggregate over the table is zero; it counts findings, or rows that look wrong together."""

    expression: str
    among: str | None = None
    metric_dependencies: ClassVar[tuple[str, ...]] = ("rows.statistic", "rows.among")
    success_keys: ClassVar[tuple[str, ...]] = ("expression", "among")

    @staticmethod
    def counts(metrics: Mapping[str, Any]) -> tuple[int, int]:
        """The aggregate, and the rows it is about."""
        return _number(metrics["rows.statistic"]), _number(metrics["rows.among"])


class ExpectQueryToFindNone(_Counting):
    """A query file of `sql/check/` gives one row (violated, denominator); violated is zero."""

    query: str
    metric_dependencies: ClassVar[tuple[str, ...]] = ("query.found",)
    success_keys: ClassVar[tuple[str, ...]] = ("query",)

    @staticmethod
    def counts(metrics: Mapping[str, Any]) -> tuple[int, int]:
        """The two numbers of the query."""
        violated, denominator = metrics["query.found"]
        return int(violated), int(denominator)


def check_query(name: str) -> Query:
    """The query `sql/check/<name>.sql`; raises UsageError when there is none."""
    path = resources.sql_folder() / "check" / f"{name}.sql"
    if not path.is_file():
        raise UsageError(f"expectations: no query {name!r} in sql/check. Mend the suite.")
    return Query.load(path)


def expectation(declared: Declared) -> Expectation:
    """The GX expectation of a declared check; raises UsageError when GX refuses it."""
    try:
        implementation = get_expectation_impl(declared.type)
        return implementation(
            **declared.kwargs,
            meta=declared.meta,
            severity={"block": "critical", "quarantine": "warning"}.get(declared.severity, "info"),
            description=f"{declared.check}: {declared.message}",
        )
    except Exception as error:
        raise UsageError(
            f"expectations: {declared.check}: Great Expectations refuses it "
            f"({type(error).__name__}). Mend expectations/{declared.table}.json."
        ) from error


def count(
    db: Database, relation: str, checks: tuple[Declared, ...], parameters: Parameters
) -> tuple[list[Counted], int]:
    """What every check finds in `relation` ("schema.name"), and the rows of the relation.

    One SELECT measures all checks on rows; each query file is one more.
    """
    engine = _engine(db, relation, parameters)
    items = [expectation(declared) for declared in checks]
    db.table(_SHAPE, f"SELECT * FROM {relation} LIMIT 0")
    shape = _engine(db, _SHAPE, parameters)
    plans = [_plan(shape, item) for item in items]
    rows = _rows_among(None)
    asked = [rows, *(one for plan in plans for one in plan.asked.values())]
    values = _resolve(engine, asked)
    found = [
        Counted(declared.check, *_counts(engine, item, plan, values), plan.predicate)
        for declared, item, plan in zip(checks, items, plans, strict=True)
    ]
    for used in (engine, shape):
        used.release()
    return found, int(values[rows.id])


@dataclass(frozen=True)
class _Plan:
    """What to ask for one expectation: name -> metric, and the condition of a violating row."""

    asked: dict[str, MetricConfiguration]
    predicate: str | None


def _plan(engine: DuckDBEngine, item: Expectation) -> _Plan:
    """The metrics of an expectation.

    GX would count the rows of a column map expectation in a scan of its own, after the first; here
    its `.condition` is counted together with everything else.
    """
    native = item.get_validation_dependencies(engine, dict(_BOOLEAN)).metric_configurations
    if isinstance(item, ExpectRowsToMeet):
        return _Plan(dict(native), _violation(engine, item.configuration.kwargs))
    if not isinstance(item, ColumnMapExpectation) or item.map_metric == "column_values.unique":
        return _Plan(dict(native), None)
    counted = native[f"{item.map_metric}.unexpected_count"]
    condition = MetricConfiguration(
        f"{item.map_metric}.condition",
        counted.metric_domain_kwargs,
        counted.metric_value_kwargs,
    )
    predicate = engine.text(_resolve(engine, [condition])[condition.id][0])
    null = f"{engine.text(sa.column(item.column))} IS NULL"
    return _Plan({"violated": _rows_among(predicate), "null": _rows_among(null)}, predicate)


def _rows_among(condition: str | None) -> MetricConfiguration:
    """The metric that counts rows under a condition."""
    return MetricConfiguration("rows.among", dict(_DOMAIN), {"among": condition})


def _resolve(engine: DuckDBEngine, asked: list[MetricConfiguration]) -> dict[Any, Any]:
    """Metric id -> value; raises UsageError when the database refuses one."""
    values, failed = MetricsCalculator(engine).compute_metrics(
        metric_configurations=asked, runtime_configuration=None
    )
    if failed:
        names = sorted({str(identifier[0]) for identifier in failed})
        raise UsageError(
            f"expectations: {engine.relation}: cannot measure {', '.join(names)}. "
            "A column that the suite names is missing or has another type: mend the suite, or "
            "the mapping of the table."
        )
    return dict(values)


def _engine(db: Database, relation: str, parameters: Parameters) -> DuckDBEngine:
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


def _counts(
    engine: DuckDBEngine, item: Expectation, plan: _Plan, values: Mapping[Any, Any]
) -> tuple[int, int]:
    """(violated, denominator) of any expectation: rows where it has rows, else 0 or 1 of 1."""
    named = {name: values[configuration.id] for name, configuration in plan.asked.items()}
    if isinstance(item, _Counting):
        return item.counts(named)
    if plan.predicate is not None:
        rows = int(values[_rows_among(None).id])
        on_nulls = item.map_metric == "column_values.nonnull"
        return _number(named["violated"]), rows if on_nulls else rows - _number(named["null"])
    result = item.metrics_validate(
        metrics=dict(values), runtime_configuration=dict(_BOOLEAN), execution_engine=engine
    )
    return int(not result.success), 1


__all__ = ["Counted", "ExpectationValidationResult", "count", "expectation", "gx"]
