"""What a caller may pass for numbers and for labels, read in one place.

Missing values come in many coats: NaN, None, pandas' NA, a null of polars, a masked item. All of
them are missing here, and no other thing is ever taken for a number: not text, not a date.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.stats.result import FloatArray, IntArray

ROUNDING = 1e-12  # of the largest value: a spread below it is that of the arithmetic
LARGEST_WHOLE = 2**53  # beyond it a double skips whole numbers
LARGEST_VALUE = 1e150
LEAST_CHANCE = 1 / LARGEST_VALUE  # below it a chance is none: the square of its inverse overflows
USUAL_WEIGHTS = (1e-12, 1e10)
"""Of the largest weight: beyond, what is left of a climb is rounding."""
MOST_REPEATED = 1_000_000  # bootstraps, imputations, splits: more are a slip of the pen
_FEW_LABELS = 4_096
_MISSING_TYPES = ("NAType", "NaTType", "MaskedConstant")
_REFUSED = {"U": "text", "S": "text", "M": "dates", "m": "durations", "c": "complex numbers"}


def numbers(values: ArrayLike, what: str) -> FloatArray:
    """The values as floats of the same shape, NaN where one is missing.

    Numbers and booleans of any width are taken; None, NA, nulls and masked items are missing.
    Raises UsageError, naming `what`, for text, dates, mixed types and ragged lists.
    """
    if isinstance(values, np.ma.MaskedArray):
        return np.where(np.ma.getmaskarray(values), np.nan, numbers(values.data, what))
    array = _as_array(values, what)
    if array.dtype.kind in "biuf":
        return np.asarray(array, dtype=np.float64)
    if array.dtype.kind == "O":
        flat = np.fromiter((_number(v, what) for v in array.flat), np.float64, array.size)
        return flat.reshape(array.shape)
    raise _no_numbers(what, _REFUSED.get(array.dtype.kind, f"values of type {array.dtype}"))


def whole_number(value: object, what: str, least: int, most: int = LARGEST_WHOLE) -> int:
    """A whole number from `least` to `most`; UsageError naming `what` for anything else."""
    given = _real(value)
    if not given.is_integer() or not least <= given <= most:
        upper = f" to {most:,}" if most < LARGEST_WHOLE else ""
        raise UsageError(f"{what}: {_shown(value)}; give a whole number from {least}{upper}.")
    return int(given)


def count_of(value: object, what: str) -> int:
    """A number of people, pairs or events; UsageError naming `what` for anything else."""
    return whole_number(value, what, 0)


def random_seed(value: object) -> int | None:
    """A seed of random numbers, or None; UsageError for anything else."""
    return None if value is None else whole_number(value, "seed", 0, 2**63 - 1)


def finite_number(value: object, what: str, least: float = -np.inf) -> float:
    """A finite number of at least `least`; UsageError naming `what` for anything else."""
    given = _real(value)
    if not (np.isfinite(given) and given >= least):
        bound = "" if least == -np.inf else f" from {least:g}"
        raise UsageError(f"{what}: {_shown(value)}; give a number{bound}.")
    return given


def above_zero(value: object, what: str) -> float:
    """A finite number above 0; UsageError naming `what` for anything else."""
    given = _real(value)
    if not 0 < given < np.inf:
        raise UsageError(f"{what}: {_shown(value)}; give a number above 0.")
    return given


def refuse_far(values: FloatArray, what: str) -> None:
    """AnalysisError where a value, missing ones apart, is so large that its square overflows."""
    known = values[~np.isnan(values)]
    if known.size and float(np.abs(known).max()) > LARGEST_VALUE:
        raise AnalysisError(
            f"{what}: values so large that their squares overflow. Change the unit."
        )


def refuse_far_weights(weights: FloatArray) -> None:
    """AnalysisError where the largest weight is so small or large that sums lose their digits."""
    largest = float(weights.max(initial=0.0))
    if largest > 0 and not USUAL_WEIGHTS[0] <= largest <= USUAL_WEIGHTS[1]:
        raise AnalysisError(
            f"weights: the largest is {largest:.0e}, too {'small' if largest < 1 else 'large'} for "
            "sums that keep their digits. Divide all by their mean."
        )


def two_shares(value: object, what: str = "truncate") -> tuple[float, float]:
    """Two different numbers from 0 to 1, ascending, as quantiles; UsageError for anything else."""
    pair = tuple(value) if isinstance(value, tuple | list | np.ndarray) else ()
    low, high = (_real(v) for v in pair) if len(pair) == 2 else (float("nan"),) * 2
    if not 0 <= low < high <= 1:
        raise UsageError(f"{what}: needs two numbers from 0 to 1, ascending, like (0.01, 0.99).")
    return low, high


def one_of(name: str, value: object, allowed: Sequence[str]) -> None:
    """Refuse a value of the option `name` that is none of those allowed (UsageError)."""
    if not isinstance(value, str) or value not in allowed:
        raise UsageError(f"{name}: {_shown(value)} is none of {', '.join(allowed)}.")


def _shown(value: object) -> str:
    """An argument as a message shows it: short, and of arrays and others only the type."""
    plain = value is None or isinstance(value, str | int | float)
    return repr(value)[:60] if plain else f"a {type(value).__name__}"


def checked_level(level: object) -> float:
    """The confidence level; UsageError unless it is a number between 0 and 1."""
    given = _real(level)
    if not 0 < given < 1:
        raise UsageError(f"level: {_shown(level)} does not lie between 0 and 1; give 0.95 for 95%.")
    return given


def _real(value: object) -> float:
    """One number, NaN for what is none."""
    usable = isinstance(value, Real) and not isinstance(value, bool | np.bool_)
    return float(value) if usable else float("nan")  # type: ignore[arg-type]


def constant(values: FloatArray) -> bool:
    """Whether the values differ by no more than rounding; none or one do not differ."""
    if values.size < 2:
        return True
    low, high = float(values.min()), float(values.max())
    return high - low <= ROUNDING * max(abs(low), abs(high))


def explained(residual: FloatArray, values: FloatArray) -> bool:
    """Whether what a model leaves of the values (n,) is no more than their rounding."""
    largest = float(np.abs(values).max(initial=0.0))
    return float(np.abs(residual).max(initial=0.0)) <= ROUNDING * largest


def standardised(x: FloatArray, of: FloatArray) -> FloatArray:
    """Columns (n, p) about the means of others (m, p), in their standard deviations.

    Whatever the unit. 0 where the others are all alike, but for rounding.
    """
    centre, largest = of.mean(axis=0), np.abs(of).max(axis=0, initial=0.0)
    unit = np.ldexp(1.0, np.frexp(largest)[1])  # a power of two: no digit is lost, nor any square
    spread = np.sqrt(np.mean(((of - centre) / unit) ** 2, axis=0))
    alike = spread <= ROUNDING
    return np.asarray(np.where(alike, 0.0, (x - centre) / unit / np.where(alike, 1.0, spread)))


def variance(values: FloatArray) -> float:
    """The sample variance (divisor n - 1) of at least two values; exactly 0 where all are equal."""
    return 0.0 if constant(values) else float(np.var(values, ddof=1))


@dataclass(frozen=True)
class Labelled:
    """Rows by category: `codes` in 0..k-1, shape (n,), and the k sorted `labels`."""

    codes: IntArray
    labels: tuple[object, ...]


def labelled(what: str, values: ArrayLike | None, n: int) -> Labelled:
    """The category of each row (n,); one category for all when `values` is None.

    Labels are all numbers or all text (or all dates). Raises AnalysisError for a missing label,
    UsageError for a wrong length or labels of mixed types.
    """
    if values is None:
        return Labelled(np.zeros(n, dtype=np.int64), ("all",))
    given = _labels(values, what)
    if given.shape != (n,):
        raise UsageError(f"{what}: needs one label per row ({n} rows), has shape {given.shape}.")
    quick = _small_whole_numbers(given) if n else None
    if quick is not None:
        return quick
    labels, codes = np.unique(given, return_inverse=True)
    return Labelled(codes.astype(np.int64).reshape(n), tuple(labels.tolist()))


def _as_array(values: ArrayLike, what: str) -> NDArray[Any]:
    """The values as an array of whatever type; lists of mixed types as objects."""
    if isinstance(values, np.ndarray):
        return values
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a masked item among others warns and turns into NaN
        try:
            array = np.asarray(values)
            if array.dtype.kind in "US" and isinstance(values, Sequence):
                return np.asarray(values, dtype=object)  # NumPy writes numbers and None as text
        except (TypeError, ValueError) as error:
            raise _no_numbers(what, "values of unequal shape") from error
    return array


def _number(value: object, what: str) -> float:
    """One number, NaN where it is missing."""
    if _is_missing(value):
        return float("nan")
    if isinstance(value, Real | np.number | np.bool_ | Decimal | Fraction):
        try:
            return float(value)
        except OverflowError:
            raise _no_numbers(what, "an integer beyond every double") from None
    raise _no_numbers(what, f"a {type(value).__name__} among others")


def _is_missing(value: object) -> bool:
    """Whether one value is None, NaN, NA or a masked item."""
    if value is None or type(value).__name__ in _MISSING_TYPES:
        return True
    return isinstance(value, float | np.floating) and bool(value != value)


def _no_numbers(what: str, found: str) -> UsageError:
    return UsageError(f"{what}: not an array of numbers ({found}). Give one number per row.")


def _labels(values: ArrayLike, what: str) -> NDArray[Any]:
    """The labels as an array that sorts; none is missing."""
    if isinstance(values, np.ma.MaskedArray):
        _refuse_missing(np.ma.getmaskarray(values), what)
        values = values.data
    given = _as_array(values, what)
    if given.dtype.kind in "fmM":
        _refuse_missing(np.isnat(given) if given.dtype.kind in "mM" else ~np.isfinite(given), what)
    if given.dtype.kind != "O":
        return given
    _refuse_missing(np.array([_is_missing(v) for v in given.flat], dtype=np.bool_), what)
    if all(isinstance(v, str) for v in given.flat):
        return given
    if given.size and all(isinstance(v, Integral | np.bool_) for v in given.flat):
        whole = [int(v) for v in given.flat]  # as floats, long identifiers would become one
        fits = max(map(abs, whole)) < 2**63
        return np.array(whole, dtype=np.int64 if fits else object).reshape(given.shape)
    if all(isinstance(v, Real | np.bool_) for v in given.flat):
        return _labels(numbers(given, what), what) if given.size else given
    kinds = ", ".join(sorted({type(v).__name__ for v in given.flat}))
    if "," in kinds:
        raise UsageError(f"{what}: labels of mixed types ({kinds}). Give all as text.")
    return given


def _refuse_missing(missing: NDArray[np.bool_], what: str) -> None:
    """Raise AnalysisError when a label is missing (or infinite)."""
    count = int(missing.sum())
    if count:
        raise AnalysisError(
            f"{what}: {count} of {missing.size} labels are missing or infinite. "
            "Name them or drop those rows."
        )


def _small_whole_numbers(given: NDArray[Any]) -> Labelled | None:
    """The categories of whole numbers in a short range without sorting, else None."""
    if given.dtype.kind not in "biuf":
        return None
    low, high = float(given.min()), float(given.max())
    if not high - low < _FEW_LABELS or max(abs(low), abs(high)) > 2**52:
        return None
    offset = (given - low).astype(np.int64) if given.dtype.kind != "b" else given.astype(np.int64)
    if given.dtype.kind == "f" and not (low == int(low) and np.array_equal(offset + low, given)):
        return None
    first = int(low) if given.dtype.kind != "b" else 0
    present = np.flatnonzero(np.bincount(offset))
    code = np.zeros(_FEW_LABELS + 1, dtype=np.int64)
    code[present] = np.arange(present.size)
    return Labelled(code[offset], tuple((present + first).astype(given.dtype).tolist()))
