"""What to count for each check: the conditions that Great Expectations, or the suite, states."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from great_expectations.expectations.expectation import ColumnMapExpectation, Expectation
from great_expectations.validator.metric_configuration import MetricConfiguration
from great_expectations.validator.metrics_calculator import MetricsCalculator

from ehrivig.database import Database
from ehrivig.errors import MeasuringError, UsageError
from ehrivig.literals import Parameters, render
from ehrivig.validate.adapter import metrics as _registered  # noqa: F401
from ehrivig.validate.adapter.engine import DuckDBEngine, open_engine
from ehrivig.validate.adapter.expectations import (
    ExpectCountsToShowNothing,
    ExpectQueryToFindNone,
    ExpectRowsToMeet,
    expectation,
)
from ehrivig.validate.suite import Declared

_BOOLEAN = {"result_format": "BOOLEAN_ONLY"}
_SHAPE = "gate.shape"  # the columns of a table without its rows
ROWS = "count(*)"


@dataclass(frozen=True)
class Counted:
    """What one check found in one hospital: rows (or findings) violated, out of how many.

    `counts`: those a finding follows from, by name.
    """

    violated: int
    denominator: int
    counts: dict[str, int] = field(default_factory=dict)


def unmeasurable(relation: str) -> MeasuringError:
    """The error of a suite that does not fit its table."""
    return MeasuringError(
        f"expectations: {relation}: cannot be measured. A column that the suite names is missing "
        "or has another type: mend the suite, or the mapping of the table."
    )


class Asked:
    """The aggregates of one SELECT, each once: expression -> the name of its column.

    `sampled`: the columns of those that only rows of sampled stays can add to.
    """

    def __init__(self) -> None:
        self.columns: dict[str, str] = {}
        self.sampled: set[str] = set()

    def number(self, expression: str, *, sampled: bool = False) -> str:
        """The column in which an aggregate will stand."""
        column = self.columns.setdefault(expression, f"n{len(self.columns)}")
        if sampled:
            self.sampled.add(column)
        return column

    def shown(self, *, sampled: bool) -> list[str]:
        """The aggregates of sampled stays with their names, or all others."""
        items = self.columns.items()
        return [f"{text} AS {name}" for text, name in items if (name in self.sampled) == sampled]


_OF_SAMPLED = re.compile(r"\(*(CASE WHEN )?(\w+ AND )*stay_(sampled|counted)(\)*$| AND | THEN )")
_OR_ELSE = re.compile(r"\b(OR|ELSE)\b", re.IGNORECASE)


def only_sampled(condition: str) -> bool:
    """Whether a condition can hold in sampled stays alone: one is asked for, and nothing besides.

    What is not seen so is asked of all rows, and gives the same.
    """
    return bool(_OF_SAMPLED.match(condition)) and not _OR_ELSE.search(condition)


def count_if(condition: str) -> str:
    """The aggregate that counts rows under a condition."""
    return f"count_if({condition})"


@dataclass(frozen=True)
class Plan:
    """What to count for one check; `predicate` is the condition of a violating row.

    `violated`, `denominator`: aggregates (violated may be an SQL finding over `counts`, conditions
    by name); `query`: the file that is asked instead; `sampled`: it applies to sampled stays alone.
    """

    predicate: str | None = None
    violated: str = ""
    denominator: str = ""
    less: str = ""
    counts: Mapping[str, str] = field(default_factory=dict)
    finding: str = ""
    query: str = ""
    sampled: bool = False

    def columns(self, asked: Asked) -> dict[str, str]:
        """What stands in which column: of the aggregates by role, of the counts by name."""
        roles = {"violated": self.violated, "denominator": self.denominator, "less": self.less}
        named = {
            role: asked.number(text, sampled=self.sampled) for role, text in roles.items() if text
        }
        return named | {
            f"count {name}": asked.number(count_if(condition), sampled=only_sampled(condition))
            for name, condition in self.counts.items()
        }

    def counted(self, row: Mapping[str, int], columns: Mapping[str, str], number: int) -> Counted:
        """What the check found, from the row of a hospital."""
        total = row[columns["denominator"]] if "denominator" in columns else 0
        total -= row[columns["less"]] if "less" in columns else 0
        violated = row[finding_column(number)] if self.finding else row[columns["violated"]]
        counts = {name: row[columns[f"count {name}"]] for name in self.counts}
        return Counted(violated, total, counts)


def finding_column(number: int) -> str:
    """The column of the finding of a check."""
    return f"finding{number}"


_PLANS: dict[str, list[Plan]] = {}


def planned(
    db: Database, relation: str, checks: tuple[Declared, ...], parameters: Parameters
) -> list[Plan]:
    """The plan of each check.

    Made once for all batches whose table has the same columns: GX takes a second for a suite.
    """
    key = repr((relation, checks, sorted(parameters.items()), db.columns(relation)))
    if key not in _PLANS:
        begun = len(db.log)
        db.table(_SHAPE, f"SELECT * FROM {relation} LIMIT 0")
        shape = open_engine(db, _SHAPE)
        try:
            _PLANS[key] = [_plan(shape, expectation(check), parameters) for check in checks]
        finally:
            shape.release()
            del db.log[begun:]  # planning touches no row
    return _PLANS[key]


def _plan(engine: DuckDBEngine, item: Expectation, parameters: Parameters) -> Plan:
    """What to count for an expectation."""
    if isinstance(item, ExpectQueryToFindNone):
        return Plan(query=item.query)
    if isinstance(item, ExpectRowsToMeet):
        among = count_if(render(f"({item.among})", parameters)) if item.among else ROWS
        predicate = render(violation(item.condition, item.among), parameters)
        return Plan(predicate, count_if(predicate), among, sampled=only_sampled(item.among or ""))
    if isinstance(item, ExpectCountsToShowNothing):
        among = count_if(render(f"({item.among})", parameters)) if item.among else ROWS
        counts = {name: render(f"({text})", parameters) for name, text in item.counts.items()}
        return Plan(
            None,
            "",
            among,
            counts=counts,
            finding=render(item.finding, parameters),
            sampled=only_sampled(item.among or ""),
        )
    if not isinstance(item, ColumnMapExpectation) or item.map_metric == "column_values.unique":
        raise UsageError(
            f"expectations: {engine.relation}: {type(item).__name__} cannot be counted row by row. "
            "State it as expect_rows_to_meet, or as a query file (expect_query_to_find_none)."
        )
    predicate = _condition(engine, item)
    nulls = count_if(f"{engine.text(sa.column(item.column))} IS NULL")
    less = "" if item.map_metric == "column_values.nonnull" else nulls
    return Plan(predicate, count_if(predicate), ROWS, less)


def violation(condition: str, among: str | None) -> str:
    """The SQL condition of a row that violates `condition` among the rows `among`.

    CASE, since DuckDB then evaluates the condition on those rows only; AND would on all.
    """
    return f"CASE WHEN {among} THEN NOT ({condition}) END" if among else f"NOT ({condition})"


def _condition(engine: DuckDBEngine, item: ColumnMapExpectation) -> str:
    """The condition of a violating row, as GX states it for a column map expectation."""
    native = item.get_validation_dependencies(engine, dict(_BOOLEAN)).metric_configurations
    counted = native[f"{item.map_metric}.unexpected_count"]
    condition = MetricConfiguration(
        f"{item.map_metric}.condition",
        counted.metric_domain_kwargs,
        counted.metric_value_kwargs,
    )
    return engine.text(_resolve(engine, [condition])[condition.id][0])


def _resolve(engine: DuckDBEngine, asked: Iterable[MetricConfiguration]) -> dict[Any, Any]:
    """Metric id -> value; raises MeasuringError when GX cannot give one."""
    values, failed = MetricsCalculator(engine).compute_metrics(
        metric_configurations=list(asked), runtime_configuration=None
    )
    if failed:
        raise unmeasurable(engine.relation)
    return dict(values)
