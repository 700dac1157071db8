"""What may be passed for numbers, labels, levels and counts, and what is said of the rest."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.stats import arrays


def test_missing_values_of_every_coat() -> None:
    given = [1, None, float("nan"), pd.NA, True, Decimal("2.5"), Fraction(1, 4), np.int8(3)]
    np.testing.assert_array_equal(
        arrays.numbers(given, "x"), [1, np.nan, np.nan, np.nan, 1, 2.5, 0.25, 3]
    )
    masked = np.ma.masked_array([1.0, 2.0], mask=[False, True])
    np.testing.assert_array_equal(arrays.numbers(masked, "x"), [1, np.nan])


@pytest.mark.parametrize(
    "given",
    [["1", "2"], [1, "2"], np.array(["1"]), [[1], [1, 2]], np.array(["2020-01-01"], "M8[D]")],
)
def test_no_other_thing_is_a_number(given: object) -> None:
    with pytest.raises(UsageError, match="x: not an array of numbers"):
        arrays.numbers(given, "x")  # type: ignore[arg-type]


READERS: dict[str, tuple[Callable[[object], object], list[object], list[object]]] = {
    "whole": (lambda v: arrays.whole_number(v, "k", 2, 5), [2, 5, 3.0], [1, 6, 2.5, "3", True]),
    "count": (lambda v: arrays.count_of(v, "k"), [0, 2**53], [-1, 2**54, None, np.nan]),
    "seed": (arrays.random_seed, [None, 0, 7], [-1, 1.5, "x"]),
    "finite": (lambda v: arrays.finite_number(v, "k", 1.0), [1, 1.5], [0.9, np.inf, np.nan, "1"]),
    "above 0": (lambda v: arrays.above_zero(v, "k"), [1e-9, 3], [0, -1, np.inf, np.nan, True]),
    "shares": (arrays.two_shares, [(0, 1), [0.1, 0.2]], [(0.2, 0.1), (0, 0), (0, 1.1), 0.5, (0,)]),
    "level": (arrays.checked_level, [0.01, 0.99], [0, 1, "0.9", None]),
}


@pytest.mark.parametrize("name", READERS)
def test_bounds_of_what_is_read(name: str) -> None:
    read, good, bad = READERS[name]
    for value in good:
        found = read(value)
        assert found == (tuple(value) if isinstance(value, list) else value)
    for value in bad:
        with pytest.raises(UsageError):
            read(value)


def test_what_is_constant_but_for_rounding() -> None:
    assert arrays.constant(np.array([]))
    assert arrays.constant(np.array([3.0]))
    assert arrays.constant(np.array([0.1 + 0.2, 0.3]))
    assert arrays.constant(np.zeros(3))
    assert arrays.constant(np.array([-1e9, -1e9 - 1e-4]))
    assert not arrays.constant(np.array([1.0, 1.0 + 1e-11]))
    assert not arrays.constant(np.array([-1e-20, 1e-20]))
    assert arrays.variance(np.array([0.1 + 0.2, 0.3, 0.3])) == 0.0
    assert arrays.variance(np.array([1.0, 2.0, 6.0])) == pytest.approx(7.0)


@pytest.mark.parametrize(
    ("given", "labels", "codes"),
    [
        (["b", "a", "b"], ("a", "b"), [1, 0, 1]),
        ([3, -2, 3], (-2, 3), [1, 0, 1]),
        ([True, False, True], (False, True), [1, 0, 1]),
        ([2.0, 1.0, 2.0], (1.0, 2.0), [1, 0, 1]),
        ([2.5, 1.0, 2.5], (1.0, 2.5), [1, 0, 1]),
        ([0, 10**6, 0], (0, 10**6), [0, 1, 0]),
        ([2**53 + 1, 2**53, 2**53 + 1], (2**53, 2**53 + 1), [1, 0, 1]),
        ([2**70, 1, 2**70], (1, 2**70), [1, 0, 1]),
        (None, ("all",), [0, 0, 0]),
    ],
)
def test_labels_of_every_kind_are_sorted(given: object, labels: tuple, codes: list[int]) -> None:
    found = arrays.labelled("group", given, 3)  # type: ignore[arg-type]
    assert found.labels == labels
    assert found.codes.tolist() == codes


@pytest.mark.parametrize("n", [4_095, 4_096, 4_097])
def test_short_and_long_ranges_of_whole_numbers_have_the_same_labels(n: int) -> None:
    given = np.array([7, n + 7, 7, 9])
    found = arrays.labelled("group", given, 4)
    assert found.labels == (7, 9, n + 7)
    assert found.codes.tolist() == [0, 2, 0, 1]


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ([1.0, np.nan, 2.0], AnalysisError),
        ([1.0, np.inf, 2.0], AnalysisError),
        (["a", None, "b"], AnalysisError),
        (np.ma.masked_array([1, 2, 3], mask=[0, 1, 0]), AnalysisError),
        (np.array(["2020-01-01", "NaT", "2020-01-02"], "M8[D]"), AnalysisError),
        ([1, "a", 2], UsageError),
        ([1, 2], UsageError),
    ],
)
def test_labels_that_are_none_are_refused(given: object, error: type[Exception]) -> None:
    with pytest.raises(error, match="group"):
        arrays.labelled("group", given, 3)  # type: ignore[arg-type]


def test_values_and_weights_that_overflow_are_refused() -> None:
    arrays.refuse_far(np.array([1e150, -1e150, np.nan]), "x")
    for far in (1.1e150, -1.1e150):
        with pytest.raises(AnalysisError, match="squares overflow"):
            arrays.refuse_far(np.array([0.0, far]), "x")
    arrays.refuse_far(np.array([np.nan]), "x")
    for fine in ([1e-12, 0], [1e10, 1], [0.0, 0.0], []):
        arrays.refuse_far_weights(np.array(fine))
    for bad, word in ((9e-13, "small"), (1.1e10, "large")):
        with pytest.raises(AnalysisError, match=f"too {word}"):
            arrays.refuse_far_weights(np.array([0.0, bad]))


def test_an_option_is_one_of_those_allowed() -> None:
    arrays.one_of("kind", "a", ("a", "b"))
    for bad in ("c", None, 1, ["a"]):
        with pytest.raises(UsageError, match="is none of a, b"):
            arrays.one_of("kind", bad, ("a", "b"))
