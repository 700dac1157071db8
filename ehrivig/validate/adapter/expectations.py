"""The expectations that core GX has not: a row condition, a statistic, a query; only counts."""

from __future__ import annotations

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


class Counting(BatchExpectation):
    """Ground of this package's expectations: their rows are counted by `adapter.counts`."""

    domain_keys: ClassVar[tuple[str, ...]] = ("batch_id",)
    metric_dependencies: ClassVar[tuple[str, ...]] = ()

    def _validate(
        self, metrics: Any, runtime_configuration: Any = None, execution_engine: Any = None
    ) -> Any:
        """Success is that nothing was found; GX asks every expectation for this."""
        return {"success": not metrics["violated"]}


class ExpectRowsToMeet(Counting):
    """Every row (among those named) meets an SQL condition over the columns of its table."""

    condition: str
    among: str | None = None
    success_keys: ClassVar[tuple[str, ...]] = ("condition", "among")


class ExpectCountsToShowNothing(Counting):
    """A number that follows from counts of rows is zero: rows that look wrong together."""

    counts: dict[str, str]
    finding: str
    among: str | None = None
    success_keys: ClassVar[tuple[str, ...]] = ("counts", "finding", "among")


class ExpectQueryToFindNone(Counting):
    """A query file of `sql/check/` gives hospital_id, violated, denominator; violated is zero."""

    query: str
    success_keys: ClassVar[tuple[str, ...]] = ("query",)


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
