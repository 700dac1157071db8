"""The GX metrics that DuckDB needs told otherwise.

GX registers a metric when its class is defined.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from great_expectations.expectations.metrics.map_metric_provider.column_condition_partial import (
    column_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.column_map_metric_provider import (
    ColumnMapMetricProvider,
)
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider

from ehrivig.validate.adapter.engine import DuckDBEngine


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
