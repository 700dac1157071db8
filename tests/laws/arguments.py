"""What a caller may pass: coats of a missing value, types of numbers, options that are none."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
import polars as pl

from ehrivig.errors import EhrivigError, NumericalWarning
from tests.laws.estimator import Estimator, outcome, same
from tests.laws.rows import Rows

Place = tuple[int | str, ...]
"""Where an argument stands: its position or name, then a field or an item of it."""
FREE = {"event_label", "outcome_label", "estimand", "names", "caller", "labels"}
"""Options that any text is good for."""


def coats(estimator: Estimator, rows: Rows) -> None:
    """A missing value is missing in whatever coat it comes: None, NA, null, mask, NaN, infinity."""
    tried = 0
    for place, column in columns(estimator, rows):
        if (
            estimator.may_miss(place[0])
            or column.dtype.kind not in "bif"
            or (column.dtype.kind == "f" and np.isnan(column).any())
        ):
            continue
        for coat, spoiled in _spoiled(column).items():
            refused(estimator, rows, place, spoiled, f"{coat} in argument {place}")
            tried += 1
    for place, _ in scalars(estimator, rows):
        for coat, wrong in _missing_scalars().items():
            if wrong is None and estimator.takes_none(place[0]):
                continue
            if coat == "infinity" and estimator.name.startswith("nearest"):
                continue  # a caliper that is none
            refused(estimator, rows, place, wrong, f"{coat} as argument {place}")
            tried += 1
    assert tried, "nothing was tried"


def types(estimator: Estimator, rows: Rows) -> None:
    """Lists, integers, booleans and series say what floats say; text is refused."""
    base, tried = outcome(estimator, rows), 0
    for place, column in columns(estimator, rows):
        if np.isnan(column.astype(float)).any():
            continue
        tried += 1
        for other in _alike(column):
            found = _answer(estimator, rows, place, other)
            if found is not None and base is not None:
                found = dict(zip(base, found.values(), strict=True))  # a label is in the name
            same(found, base, 1e-9)
        if column.ndim == 1 and not estimator.takes_labels(place[0]):
            words = np.array([f"w{v}" for v in range(len(column))])
            beyond = [*column.tolist()[:-1], 10**400]
            for wrong in (words, words.tolist(), [*column.tolist()[:-1], "a"], beyond):
                refused(estimator, rows, place, wrong, f"text in argument {place}")
        own = estimator.function.__module__.startswith("tests.")
        if column.ndim == 1 and not own:
            refused(estimator, rows, place, [[1, 2], [3]], f"ragged lists in argument {place}")
        elif column.ndim > 1:
            words = column.astype(object)
            words.flat[-1] = "a"
            for wrong in (words, words.tolist(), column.astype(str)):
                refused(estimator, rows, place, wrong, f"text in argument {place}")
    for place, value in scalars(estimator, rows):
        alike = [np.float64(value), float(value)]
        alike += [int(value), np.int32(value)] if float(value).is_integer() else []
        for other in alike:
            same(_answer(estimator, rows, place, other), base, 1e-9)
        for wrong in ("a", str(value), [value, value], np.array([value, value]), {"a": 1}):
            refused(estimator, rows, place, wrong, f"{type(wrong).__name__} as argument {place}")
        tried += 1
    assert tried, "nothing was tried"


def options(estimator: Estimator, rows: Rows) -> None:
    """An option that is no number, no choice or no pair is refused, also where it would not matter.

    A number of times far beyond what anybody does is a slip, and refused before it is tried.
    """
    for name, default in estimator.options.items():
        if name in FREE:
            continue
        for what, wrong in _wrong(default).items():
            if name == "seed" and wrong is None:
                continue
            refused(estimator, rows, (name,), wrong, f"{name} = {what}")


def _wrong(default: object) -> dict[str, Any]:
    """Values that no option with this default can have."""
    if isinstance(default, bool) or default is None:
        return {}
    if isinstance(default, str):
        return {"another word": "no such", "a number": 3, "a list": ["a"], "None": None}
    if isinstance(default, tuple):
        rising = [default, ("a", "b"), (np.nan, np.nan), (0.5,), 0.5, (0.9, 0.1), (-1, 2)]
        return {repr(one): one for one in rising[1:]}
    if isinstance(default, Real):
        numbers = _missing_scalars() | {"text": "a", "a list": [1, 2]}
        del numbers["infinity"]  # degrees of freedom may be so many
        if isinstance(default, int):
            numbers |= {"below 0": -1, "a part": 1.5, "1e300": 1e300, "infinity": np.inf}
        return numbers
    return {}


def columns(estimator: Estimator, rows: Rows) -> Iterator[tuple[Place, np.ndarray]]:
    """The arrays among the arguments of a call, and where each stands."""
    for place, value in _places(estimator, rows):
        if isinstance(value, np.ndarray) and value.size and value.ndim < 3:
            yield place, value
        elif is_dataclass(value):
            for one in fields(value):
                column = getattr(value, one.name)
                if isinstance(column, np.ndarray) and column.dtype.kind == "f":
                    yield (*place, one.name), column
        elif isinstance(value, list) and value and isinstance(value[0], np.ndarray):
            yield (*place, 0), value[0]
        elif isinstance(value, list) and value and isinstance(value[0], list):
            yield place, np.asarray(value, dtype=float)


def scalars(estimator: Estimator, rows: Rows) -> Iterator[tuple[Place, float]]:
    """The single numbers among the arguments of a call, and where each stands."""
    for place, value in _places(estimator, rows):
        if isinstance(value, Real) and not isinstance(value, bool):
            yield place, value  # type: ignore[misc]
        elif isinstance(value, tuple) and value and all(isinstance(v, Real) for v in value):
            yield from (((*place, k), v) for k, v in enumerate(value))


def _places(estimator: Estimator, rows: Rows) -> Iterator[tuple[Place, Any]]:
    args, kwargs = estimator.call(rows)
    yield from (((k,), v) for k, v in (*enumerate(args), *kwargs.items()))


def called(estimator: Estimator, rows: Rows, place: Place, other: Any) -> Any:
    """The function with one argument, or a part of it, exchanged."""
    args, kwargs = estimator.call(rows)
    if len(place) == 2:
        whole = args[place[0]] if isinstance(place[0], int) else kwargs[place[0]]
        if isinstance(whole, list | tuple):
            k = int(place[1])
            other = type(whole)([*whole[:k], other, *whole[k + 1 :]])
        else:
            other = replace(whole, **{str(place[1]): other})
    if isinstance(place[0], int):
        return estimator.function(*args[: place[0]], other, *args[place[0] + 1 :], **kwargs)
    return estimator.function(*args, **{**kwargs, place[0]: other})


def _answer(estimator: Estimator, rows: Rows, place: Place, other: Any) -> Any:
    """The numbers with one argument exchanged, None where they are refused by name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NumericalWarning)
        try:
            return estimator.read(called(estimator, rows, place, other))
        except EhrivigError:
            return None


def refused(estimator: Estimator, rows: Rows, place: Place, wrong: Any, what: str) -> None:
    """The argument is refused by name, without a value of a row in the message."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NumericalWarning)
        try:
            found, message = called(estimator, rows, place, wrong), ""
            if found is not None:
                found = estimator.read(found)
        except EhrivigError as error:
            found, message = None, str(error)
        except Exception as error:
            raise AssertionError(f"{what}: {type(error).__name__}: {error}") from error
    assert message, f"{what} gave {found}"
    if isinstance(wrong, np.ndarray | list | pl.Series):
        assert "nan" not in message, f"{what}: the message shows a value: {message}"


def _spoiled(column: np.ndarray) -> dict[str, Any]:
    """A column with its first value missing, in many coats."""
    mask = np.zeros(column.shape, dtype=bool)
    mask.flat[0] = True
    none, na = column.astype(object), column.astype(object)
    none.flat[0], na.flat[0] = None, _Na()
    nan = column.astype(float)
    nan.flat[0] = np.nan
    spoiled = {"a mask": np.ma.array(column, mask=mask), "None": none, "NA": na, "NaN": nan}
    infinite = column.astype(float)
    infinite.flat[0] = np.inf
    if column.dtype.kind == "f":
        spoiled["infinity"] = infinite
    if column.ndim == 1:
        spoiled["a null"] = pl.Series([None, *column.tolist()[1:]])
    return spoiled


def _missing_scalars() -> dict[str, Any]:
    """A missing number, in many coats."""
    nan = float("nan")
    coats = {"None": None, "NA": _Na(), "NaN": nan, "a masked item": np.ma.masked}
    return coats | {"infinity": float("inf"), "a decimal NaN": Decimal("NaN")}


class NAType:
    """Stands for pandas' NA: comparisons with it have no truth value."""

    def __bool__(self) -> bool:
        raise TypeError("boolean value of NA is ambiguous")

    def __eq__(self, other: object) -> Any:
        return self

    __ne__ = __lt__ = __gt__ = __eq__
    __hash__ = object.__hash__


_Na = NAType


def _alike(column: np.ndarray) -> list[Any]:
    """The same values as other types."""
    made: list[Any] = [column.tolist(), np.ma.array(column, mask=False)]
    made += (
        [pl.Series(column)]
        if column.ndim == 1
        else [pl.DataFrame(column), np.asfortranarray(column)]
    )
    if column.dtype.kind == "f" and (column == np.rint(column)).all():
        made += [column.astype(np.int32), column.astype(object)]
        if set(np.unique(column)) <= {0.0, 1.0}:
            made += [column.astype(bool), column.astype(np.uint8)]
    return made
