"""The metrics of this package's expectations, and GX metrics that DuckDB needs told otherwise.

GX registers a metric when its class is defined.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.core.metric_function_types import MetricPartialFunctionTypes
from great_expectations.expectations.metrics.map_metric_provider.column_condition_partial import (
    column_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.column_map_metric_provider import (
    ColumnMapMetricProvider,
)
from great_expectations.expectations.metrics.metric_provider import metric_partial, metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider

from ehrivig.validate.adapter.engine import DuckDBEngine, violation
from ehrivig.validate.findings import finding
from ehrivig.validate.suite import check_query


class _RowsViolated(TableMetricProvider):
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
        clause: Any = sa.literal_column(violation(execution_engine, metric_value_kwargs))
        return sa.func.count_if(clause), metric_domain_kwargs, {}


class _RowsAmong(TableMetricProvider):
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


class _Finding(TableMetricProvider):
    """A number that follows from several counts of rows."""

    metric_name = "rows.finding"
    value_keys = ("counts", "finding")

    @metric_partial(
        engine=DuckDBEngine,
        partial_fn_type=MetricPartialFunctionTypes.AGGREGATE_FN,
        domain_type=MetricDomainTypes.TABLE,
    )
    def _duckdb(
        cls, execution_engine: Any, metric_domain_kwargs: Any, metric_value_kwargs: Any, **_: Any
    ) -> Any:
        found = finding(metric_value_kwargs["finding"], metric_value_kwargs["counts"])
        return execution_engine.literal(found), metric_domain_kwargs, {}


class _QueryFound(TableMetricProvider):
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


class _ColumnTypes(TableMetricProvider):
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


class _MatchRegex(ColumnMapMetricProvider):
    """DuckDB's `~` is a full match; `regexp_matches` finds the pattern anywhere, as GX means."""

    condition_metric_name = "column_values.match_regex"
    condition_value_keys = ("regex",)

    @column_condition_partial(engine=DuckDBEngine)
    def _duckdb(cls, column: Any, regex: str, **_: Any) -> Any:
        return sa.func.regexp_matches(column, sa.literal(regex))


class _NotMatchRegex(ColumnMapMetricProvider):
    """The opposite of the above."""

    condition_metric_name = "column_values.not_match_regex"
    condition_value_keys = ("regex",)

    @column_condition_partial(engine=DuckDBEngine)
    def _duckdb(cls, column: Any, regex: str, **_: Any) -> Any:
        return sa.not_(sa.func.regexp_matches(column, sa.literal(regex)))
