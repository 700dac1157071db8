"""The expectations that core GX has not: a row condition, a statistic, a query; only counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from great_expectations.expectations.expectation import BatchExpectation, Expectation
from great_expectations.expectations.metadata_types import FailureSeverity
from great_expectations.expectations.registry import get_expectation_impl

from ehrivig.errors import UsageError
from ehrivig.validate.suite import Declared

_SEVERITY = {
    "block": FailureSeverity.CRITICAL,
    "quarantine": FailureSeverity.WARNING,
    "warn": FailureSeverity.INFO,
}


def _number(value: Any) -> int:
    """A count; `count_if` over nulls alone gives null."""
    return int(value or 0)


class Counting(BatchExpectation):
    """Ground of this package's expectations: success is that nothing was found."""

    domain_keys: ClassVar[tuple[str, ...]] = ("batch_id",)

    def _validate(
        self, metrics: Any, runtime_configuration: Any = None, execution_engine: Any = None
    ) -> Any:
        return {"success": self.counted(metrics)[0] == 0}

    @staticmethod
    def counted(metrics: Mapping[str, Any]) -> tuple[int, int]:
        """(violated, denominator) from the metrics."""
        raise NotImplementedError


class ExpectRowsToMeet(Counting):
    """Every row (among those named) meets an SQL condition over the columns of its table."""

    condition: str
    among: str | None = None
    metric_dependencies: ClassVar[tuple[str, ...]] = ("rows.violated", "rows.among")
    success_keys: ClassVar[tuple[str, ...]] = ("condition", "among")

    @staticmethod
    def counted(metrics: Mapping[str, Any]) -> tuple[int, int]:
        """Rows that do not meet the condition, rows to which it applies."""
        return _number(metrics["rows.violated"]), _number(metrics["rows.among"])


class ExpectCountsToShowNothing(Counting):
    """A number that follows from counts of rows is zero: rows that look wrong together."""

    counts: dict[str, str]
    finding: str
    among: str | None = None
    metric_dependencies: ClassVar[tuple[str, ...]] = ("rows.finding", "rows.among")
    success_keys: ClassVar[tuple[str, ...]] = ("counts", "finding", "among")

    @staticmethod
    def counted(metrics: Mapping[str, Any]) -> tuple[int, int]:
        """The finding, and the rows it is about."""
        return _number(metrics["rows.finding"]), _number(metrics["rows.among"])


class ExpectQueryToFindNone(Counting):
    """A query file of `sql/check/` gives one row (violated, denominator); violated is zero."""

    query: str
    metric_dependencies: ClassVar[tuple[str, ...]] = ("query.found",)
    success_keys: ClassVar[tuple[str, ...]] = ("query",)

    @staticmethod
    def counted(metrics: Mapping[str, Any]) -> tuple[int, int]:
        """The two numbers of the query."""
        violated, denominator = metrics["query.found"]
        return int(violated), int(denominator)


def expectation(declared: Declared) -> Expectation:
    """The GX expectation of a declared check; raises UsageError when GX refuses it."""
    try:
        implementation = get_expectation_impl(declared.type)
        return implementation(
            **declared.kwargs,
            meta=declared.meta,
            severity=_SEVERITY[declared.severity],
            description=f"{declared.check}: {declared.message}",
        )
    except Exception as error:
        raise UsageError(
            f"expectations: {declared.check}: Great Expectations refuses it "
            f"({type(error).__name__}). Mend expectations/{declared.table}.json."
        ) from error
