"""Counting: every check of a table in one SELECT, with the condition of a violating row."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from great_expectations.expectations.expectation import ColumnMapExpectation, Expectation
from great_expectations.validator.metric_configuration import MetricConfiguration
from great_expectations.validator.metrics_calculator import MetricsCalculator

from ehrivig.database import Database, user_error
from ehrivig.errors import MeasuringError
from ehrivig.literals import Parameters
from ehrivig.validate.adapter import metrics as _registered  # noqa: F401
from ehrivig.validate.adapter.engine import DuckDBEngine, Suspects, open_engine, violation
from ehrivig.validate.adapter.expectations import (
    Counting,
    ExpectCountsToShowNothing,
    ExpectRowsToMeet,
    expectation,
)
from ehrivig.validate.rules import either
from ehrivig.validate.suite import Declared

_BOOLEAN = {"result_format": "BOOLEAN_ONLY"}
_DOMAIN = {"batch_id": None, "table": None, "row_condition": None, "condition_parser": None}
_QUERY = "query.found"
_SHAPE = "gate.shape"  # the columns of a table without its rows: GX counts rows to plan


@dataclass(frozen=True)
class Counted:
    """What one check found in one table: rows (or findings) violated, out of how many.

    `predicate` is the SQL condition of a violating row, as GX or the suite states it; None for a
    check that has no rows (a query, a finding). `counts`: those a finding follows from, by name.
    """

    check: str
    violated: int
    denominator: int
    predicate: str | None
    counts: dict[str, int]


@dataclass(frozen=True)
class Relation:
    """What is counted in: a relation ("schema.name"), and what is counted beside its checks.

    `columns`: those whose values are counted. `rejecting`, `emptying`: ids of checks that reject a
    row, or take a value from it. `suspects`: where the admissions of such rows are kept.
    """

    name: str
    columns: tuple[str, ...] = ()
    rejecting: Collection[str] = ()
    emptying: Collection[str] = ()
    suspects: Suspects | None = None


@dataclass(frozen=True)
class Found:
    """What the checks of a relation found; its rows, those no check rejects, and its values."""

    counted: list[Counted]
    rows: int
    kept: int
    present: dict[str, int]


def count(
    db: Database, relation: Relation, checks: tuple[Declared, ...], parameters: Parameters
) -> Found:
    """What every check finds in a relation, and what is counted beside.

    One SELECT measures all checks on rows; each query file is one more.
    """
    begun = len(db.log)
    planned = _planned(db, relation.name, checks, parameters)
    del db.log[begun:]  # planning is done once per process and touches no row
    engine = open_engine(db, relation.name, parameters)
    try:
        return _found(engine, relation, checks, planned)
    finally:
        engine.release()


def _found(
    engine: DuckDBEngine,
    relation: Relation,
    checks: tuple[Declared, ...],
    planned: list[tuple[Expectation, _Plan]],
) -> Found:
    """What planned checks find, and what is counted beside."""
    predicates = {d.check: p.predicate for d, (_, p) in zip(checks, planned, strict=True)}
    rejected = either(predicates[check] for check in relation.rejecting)
    if relation.suspects is not None:
        touched = either([rejected, *(predicates[check] for check in relation.emptying)])
        engine.keep(relation.suspects, touched)
    rows, kept = _rows_among(None), _rows_among(f"NOT {rejected}")
    present = {name: _rows_among(f'"{name}" IS NOT NULL') for name in relation.columns}
    asked = [rows, kept, *present.values()]
    asked += [one for _, plan in planned for one in (*plan.asked.values(), *plan.counts.values())]
    values = _resolve(engine, [one for one in asked if one.metric_name != _QUERY])
    for one in asked:  # one by one: GX would run them in another order in every process
        values |= _resolve(engine, [one]) if one.metric_name == _QUERY else {}
    found = [
        Counted(
            declared.check,
            *_counts(engine, item, plan, values),
            plan.predicate,
            _numbers(plan.counts, values),
        )
        for declared, (item, plan) in zip(checks, planned, strict=True)
    ]
    counts = _numbers(present, values)
    return Found(found, int(values[rows.id]), int(values[kept.id] or 0), counts)


def _numbers(asked: Mapping[str, MetricConfiguration], values: Mapping[Any, Any]) -> dict[str, int]:
    """Name -> count; `count_if` over nulls alone gives null."""
    return {name: int(values[one.id] or 0) for name, one in asked.items()}


@dataclass(frozen=True)
class _Plan:
    """What to ask for one expectation: name -> metric, and the condition of a violating row.

    `counts`: the metrics from which a finding follows.
    """

    asked: dict[str, MetricConfiguration]
    predicate: str | None
    counts: dict[str, MetricConfiguration] = field(default_factory=dict)


_PLANS: dict[str, list[tuple[Expectation, _Plan]]] = {}


def _planned(
    db: Database, relation: str, checks: tuple[Declared, ...], parameters: Parameters
) -> list[tuple[Expectation, _Plan]]:
    """The expectation and the plan of each check.

    Made once for all hospitals whose table has the same columns: GX takes a second for a suite.
    """
    key = repr((relation, checks, sorted(parameters.items()), db.columns(relation)))
    if key not in _PLANS:
        db.table(_SHAPE, f"SELECT * FROM {relation} LIMIT 0")
        shape = open_engine(db, _SHAPE, parameters)
        items = [expectation(declared) for declared in checks]
        _PLANS[key] = [(item, _plan(shape, item)) for item in items]
        shape.release()
    return _PLANS[key]


def _plan(engine: DuckDBEngine, item: Expectation) -> _Plan:
    """The metrics of an expectation.

    GX would count the rows of a column map expectation in a scan of its own, after the first; here
    its `.condition` is counted together with everything else.
    """
    native = item.get_validation_dependencies(engine, dict(_BOOLEAN)).metric_configurations
    if isinstance(item, ExpectRowsToMeet):
        return _Plan(dict(native), violation(engine, item.configuration.kwargs))
    if isinstance(item, ExpectCountsToShowNothing):
        named = {name: _rows_among(condition) for name, condition in item.counts.items()}
        return _Plan(dict(native), None, named)
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
    """Metric id -> value; raises MeasuringError when the database refuses one."""
    values, failed = MetricsCalculator(engine).compute_metrics(
        metric_configurations=asked, runtime_configuration=None
    )
    if failed:
        names = sorted({str(identifier[0]) for identifier in failed})
        problem = user_error(engine.refusal)
        if problem is not None:  # a file that cannot be read, memory used up
            raise problem from engine.refusal
        raise MeasuringError(
            f"expectations: {engine.relation}: cannot measure {', '.join(names)}. "
            "A column that the suite names is missing or has another type: mend the suite, or "
            "the mapping of the table."
        )
    return dict(values)


def _counts(
    engine: DuckDBEngine, item: Expectation, plan: _Plan, values: Mapping[Any, Any]
) -> tuple[int, int]:
    """(violated, denominator) of any expectation: rows where it has rows, else 0 or 1 of 1."""
    named = {name: values[configuration.id] for name, configuration in plan.asked.items()}
    if isinstance(item, Counting):
        return item.counted(named)
    if plan.predicate is not None and isinstance(item, ColumnMapExpectation):
        rows = int(values[_rows_among(None).id])
        on_nulls = item.map_metric == "column_values.nonnull"
        return int(named["violated"] or 0), rows if on_nulls else rows - int(named["null"] or 0)
    result = item.metrics_validate(
        metrics=dict(values), runtime_configuration=dict(_BOOLEAN), execution_engine=engine
    )
    return int(not result.success), 1
