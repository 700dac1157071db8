"""Results that show themselves: as a frame, in a line, in a notebook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

if TYPE_CHECKING:
    import polars as pl

_MOST = 6
"""As many numbers stand in a line."""
_NAMES = ("group", "cause", "strategy")
"""What a curve is of: columns of its rows."""
_SCALARS = (str, bool, int, float, np.generic, type(None))


class Shown:
    """A result of named numbers, of one row per item (term, time, pair) or per part (curve).

    `SUMMARY`: the columns that a reader wants first; all where it is empty. `ONE_ROW`: what it
    says once is the result, not what it says of each item or part.
    """

    SUMMARY: ClassVar[tuple[str, ...]] = ()
    ONE_ROW: ClassVar[bool] = False

    def to_frame(self) -> pl.DataFrame:
        """All numbers under the names of the fields: a row per part, else per item, else one."""
        import polars as pl

        parts = [] if self.ONE_ROW else [to_frame(part) for part in _parts(self)]
        if parts:
            return pl.concat(parts, how="diagonal_relaxed")
        return to_frame(self)

    def summary(self) -> pl.DataFrame:
        """The columns of `to_frame` that a reader wants first; one row where it says them once."""
        import polars as pl

        frame = self.to_frame()
        if self.SUMMARY and not set(self.SUMMARY) & set(frame.columns):
            return pl.DataFrame({name: [getattr(self, name)] for name in self.SUMMARY})
        return frame.select(name for name in self.SUMMARY or frame.columns if name in frame.columns)

    def __repr__(self) -> str:
        sizes = [f"{name}[{len(items)}]" for name, items in _items(self).items()][:_MOST]
        told = [f"{name}={_short(value)}" for name, value in _scalars(self).items()][:_MOST]
        parts = [f"{len(parts)} {name}" for name, parts in _tuples(self)]
        return f"{type(self).__name__}({', '.join([*parts, *sizes, *told])})"

    def _repr_html_(self) -> str:
        return self.summary()._repr_html_()


def to_frame(result: object) -> pl.DataFrame:
    """The numbers of one dataclass: a row per item, or one of what it says once."""
    import polars as pl

    items = _items(result)
    once = dict(_flat(result))
    if not items or getattr(result, "ONE_ROW", False):
        return pl.DataFrame({name: [value] for name, value in once.items()}, strict=False)
    frame = pl.DataFrame({name: list(values) for name, values in items.items()}, strict=False)
    named = [pl.lit(str(once[name])).alias(name) for name in _NAMES if once.get(name) is not None]
    return frame.select(*named, *frame.columns)


def _scalars(result: object) -> dict[str, Any]:
    """What is said once, by field."""
    told = {one.name: getattr(result, one.name) for one in _fields(result)}
    return {name: value for name, value in told.items() if isinstance(value, _SCALARS)}


def _flat(result: object) -> Iterator[tuple[str, Any]]:
    """What is said once, also of parts that are no tuple, by field (`before_smd`)."""
    for one in _fields(result):
        value = getattr(result, one.name)
        if isinstance(value, _SCALARS):
            yield one.name, value.item() if isinstance(value, np.generic) else value
        elif one.name == "group":
            yield one.name, str(value)
        elif is_dataclass(value) and not isinstance(value, type):
            yield from ((f"{one.name}_{name}", inner) for name, inner in _flat(value))


def _items(result: object) -> Mapping[str, Any]:
    """The fields with one entry per item, by name: as many as the first of them has."""
    found: dict[str, Any] = {}
    for one in _fields(result):
        value = getattr(result, one.name)
        is_row = isinstance(value, np.ndarray) and value.ndim == 1
        if is_row or (isinstance(value, tuple) and value and isinstance(value[0], _SCALARS)):
            length = len(next(iter(found.values()), value))
            if len(value) == length and one.name != "notes":
                found[one.name] = value
    return found


def _parts(result: object) -> list[Any]:
    """What a result is made of, where that is several of one kind."""
    return [part for _, parts in _tuples(result) for part in parts]


def _tuples(result: object) -> Iterator[tuple[str, tuple[Any, ...]]]:
    for one in _fields(result):
        value = getattr(result, one.name)
        if isinstance(value, tuple) and value and is_dataclass(value[0]):
            yield one.name, value


def _fields(result: object) -> list[Any]:
    return [one for one in fields(result) if one.repr]  # type: ignore[arg-type]


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else repr(value)
