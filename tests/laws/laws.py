"""What must hold for every estimator, whatever the data.

A law takes an estimator and some rows and raises AssertionError where it is broken. A refusal that
has a name (`EhrivigError`) obeys every law, as long as both sides of a comparison are refused.
"""

from __future__ import annotations

import itertools
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from ehrivig.errors import EhrivigError, NumericalWarning
from tests.laws.arguments import coats, options, types
from tests.laws.estimator import CLOSE, LABELS, Estimator, Numbers, outcome, same
from tests.laws.rows import Rows

LEVELS = (0.8, 0.95, 0.99)
LARGEST_SMD = 1e6
REVERSED = {"lo": "hi", "hi": "lo"}


@dataclass(frozen=True)
class Law:
    """One law: its check, to whom it applies, and what it says."""

    check: Callable[[Estimator, Rows], None]
    applies: Callable[[Estimator], bool]
    meaning: str


def shift_scale(estimator: Estimator, rows: Rows) -> None:
    """Fahrenheit for Celsius, years from a far-off date: no origin and no unit matters."""
    base = outcome(estimator, rows)
    for factor, shift in ((1.8, 32.0), (1e-3, 7.4), (25.0, -2020.0), (1.0, 1e9)):
        spread = np.nanstd(rows.x * factor, axis=0).min() or 1.0
        lost = abs(shift) * np.finfo(float).eps / spread  # of each value, by the shift alone
        same(outcome(estimator, rows.but(x=rows.x * factor + shift)), base, 1e-5, 1e-9 + lost)


def columns(estimator: Estimator, rows: Rows) -> None:
    """Sex as female or as male, before age or after it: no order and no direction matters."""
    base = outcome(estimator, rows)
    for x in (rows.x[:, ::-1], -rows.x, -rows.x[:, ::-1]):
        same(outcome(estimator, rows.but(x=np.ascontiguousarray(x))), base, 1e-5, 1e-9)


def order(estimator: Estimator, rows: Rows) -> None:
    shuffled = rows.take(np.random.default_rng(5).permutation(rows.n))
    same(outcome(estimator, shuffled), outcome(estimator, rows), 1e-5)


def weights(estimator: Estimator, rows: Rows) -> None:
    """A row that counts w times is w rows, as to the estimate (a weight is no second person)."""
    w = rows.weights.astype(int)
    repeated = rows.take(np.repeat(np.arange(rows.n), w))
    counted = outcome(estimator, rows, weights=rows.weights)
    full = outcome(estimator, repeated, weights=np.ones(repeated.n))
    assert (counted is None) == (full is None)
    if counted is not None and full is not None:
        names = [n for n in counted if n not in ("se", "lo", "hi", "p") and "lower" not in n]
        same({n: counted[n] for n in names}, {n: full[n] for n in names})
        far_weights(estimator, rows, {n: counted[n] for n in names})


def far_weights(estimator: Estimator, rows: Rows, base: Numbers) -> None:
    """Weights in another unit are the same, or refused where their squares are lost."""
    for unit in (1e-300, 1e-170, 1e-20, 1e-9, 1e8, 1e20, 1e170, 1e300):
        found = outcome(estimator, rows, weights=rows.weights * unit)
        assert found is not None or not 1e-9 <= unit <= 1e8, f"weights of {unit:g} are refused"
        if found is not None:
            same({n: found[n] for n in base}, base, 1e-6)
            _finite_with_width(found, f"weights of {unit:g}")


def relabel(estimator: Estimator, rows: Rows) -> None:
    """Labels are names: as text, or as other numbers, they say the same."""
    _args, kwargs = estimator.call(rows)
    base = outcome(estimator, rows)
    for name in sorted(set(kwargs) & set(LABELS)):
        if isinstance(kwargs[name], str):
            continue  # an option, not labels
        codes = np.unique(np.asarray(kwargs[name]), return_inverse=True)[1]
        width = len(str(codes.max()))
        as_text = np.array([f"level {c:0{width}d}" for c in codes])
        long = np.array([2**53 + int(c) for c in codes], dtype=object)
        for labels in (codes * 3 + 11, long, as_text, as_text.astype(object), pl.Series(as_text)):
            found = outcome(estimator, rows, **{name: labels})
            if found is not None and base is not None:
                found = dict(zip(base, found.values(), strict=True))  # the group is in the name
            same(found, base, 1e-9)


def reversal(estimator: Estimator, rows: Rows) -> None:
    """The arms exchanged: a ratio inverts, a difference changes its sign, a test stays."""
    base = outcome(estimator, rows)
    found = outcome(estimator, rows.but(arm=1 - rows.arm))
    if estimator.kind == "same" or base is None or found is None:
        same(found, base)
        return
    ratio = estimator.kind == "ratio"
    for name, value in base.items():
        other = found[REVERSED.get(name, name)]
        if name in ("estimate", "lo", "hi"):
            other = 1 / other if ratio and other else -other if not ratio else np.inf
        np.testing.assert_allclose(value, other, rtol=CLOSE, atol=1e-7, err_msg=name)


def split(estimator: Estimator, rows: Rows) -> None:
    """Follow-up cut in two, the second part entering where the first ends, says the same."""
    middle = (rows.entry + rows.time) / 2
    late = rows.but(entry=middle)
    early = rows.but(time=middle, event=0 * rows.event, status=0 * rows.status)
    both = Rows(**{k: np.concatenate([v, vars(late)[k]]) for k, v in vars(early).items()})
    same(
        outcome(estimator, both, entry=both.entry, **_person(estimator, both)),
        outcome(estimator, rows, entry=rows.entry, **_person(estimator, rows)),
    )


def _person(estimator: Estimator, rows: Rows) -> dict[str, Any]:
    """Clusters, where the estimator is given any."""
    return {"cluster": rows.cluster} if "cluster" in estimator.call(rows)[1] else {}


def time_unit(estimator: Estimator, rows: Rows) -> None:
    """Hours for days, in the options too: no ratio, test or probability changes."""
    hours = rows.but(time=rows.time * 24, entry=rows.entry * 24)
    args, kwargs = estimator.call(hours)
    if estimator.clock is not None:
        args, kwargs = estimator.clock(24, args, kwargs)
    scaled = replace(estimator, call=lambda _: (args, kwargs))
    found, base = outcome(scaled, hours), outcome(estimator, rows)
    if found is not None and base is not None:
        found, base = ({k: v for k, v in f.items() if k[:4] != "days"} for f in (found, base))
    same(found, base)


def distance_unit(estimator: Estimator, rows: Rows) -> None:
    """A caliper holds what is as wide as it: in hundredths as in whole numbers."""
    whole = outcome(estimator, rows, unit=1.0)
    for unit in (0.01, 0.1, 0.07):
        same(outcome(estimator, rows, unit=unit), whole)


def coherence(estimator: Estimator, rows: Rows) -> None:
    """The estimate lies within its interval, which excludes no effect when p says so."""
    if not estimator.coherent:
        _both_named(estimator, rows)
    found = outcome(estimator, rows)
    if found is None or not {"estimate", "lo", "hi"} <= found.keys():
        return
    assert found["lo"] <= found["estimate"] <= found["hi"], found
    assert found["lo"] < found["hi"], f"an interval without width: {found}"
    null = 1.0 if estimator.kind == "ratio" else 0.0
    p = found.get("p", 1.0)
    if estimator.coherent and estimator.kind in ("ratio", "difference") and "p" in found:
        assert 0 <= p <= 1
        if abs(p - 0.05) > 1e-6:
            assert (p < 0.05) == (found["lo"] > null or found["hi"] < null), found


def _both_named(estimator: Estimator, rows: Rows) -> None:
    """An interval and a p of different methods: the result names the one of p."""
    args, kwargs = estimator.call(rows)
    try:
        said = estimator.says(estimator.function(*args, **kwargs))
    except EhrivigError:
        return
    assert re.search(r"\bp (of|by)\b", said), f"p is of another method than its interval: {said}"


def monotone(estimator: Estimator, rows: Rows) -> None:
    """A higher level has a wider interval around the same estimate and p."""
    found = [outcome(estimator, rows, level=level) for level in LEVELS]
    if any(f is None for f in found):
        return
    for narrow, wide in itertools.pairwise(found):
        for name in ("lo", *(n for n in narrow if n.startswith("lower"))):
            if name in narrow and np.isfinite(narrow[name]):
                assert wide[name] <= narrow[name]
        if "hi" in narrow:
            assert wide["hi"] >= narrow["hi"]
        assert wide.get("p", 0) == narrow.get("p", 0)


def level(estimator: Estimator, rows: Rows) -> None:
    """A level outside 0 to 1 is refused by name; next to 0 and next to 1 are levels."""
    for near in (5e-324, 1 - 2.0**-53):
        outcome(estimator, rows, level=near)
    for wrong in (95, 1, 0, -0.5, float("nan"), "0.95", None, True):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NumericalWarning)
            try:
                found = estimator(rows, level=wrong)
                message = "no refusal"
            except EhrivigError as error:
                found, message = {}, str(error)
        named = "level" in message or outcome(estimator, rows) is None
        assert not found, f"level = {wrong!r} gave {found}"
        assert named, f"level = {wrong!r}: the message does not name it: {message}"


def clusters(estimator: Estimator, rows: Rows) -> None:
    """One cluster has no variance; few are warned of."""
    one = estimator_or_error(estimator, rows, cluster=np.zeros(_length(estimator, rows)))
    assert isinstance(one, EhrivigError), f"one cluster gave {one}"
    three = np.arange(_length(estimator, rows)) % 3
    with warnings.catch_warnings(record=True) as raised:
        warnings.simplefilter("always")
        found = estimator_or_error(estimator, rows, cluster=three)
    said = any("3 clusters" in str(w.message) for w in raised)
    assert said or isinstance(found, EhrivigError), "three clusters, and nothing is said"


def estimator_or_error(estimator: Estimator, rows: Rows, **options: Any) -> Any:
    """The numbers, or the named error."""
    with warnings.catch_warnings():
        if not options.get("cluster", np.zeros(1)).any():
            warnings.simplefilter("ignore", NumericalWarning)
        try:
            return estimator(rows, **options)
        except EhrivigError as error:
            return error


def _length(estimator: Estimator, rows: Rows) -> int:
    return len(estimator.call(rows)[0][0])


def _constant(rows: Rows, value: float) -> np.ndarray:
    x = rows.x.copy()
    x[:, -1] = value
    return x


NASTY: dict[str, Callable[[Rows], Rows]] = {
    "constant": lambda r: r.but(x=_constant(r, 37.1)),
    "constant in each arm": lambda r: r.but(x=np.column_stack([r.x[:, 0], 37.1 + 0.1 * r.arm])),
    "the same in all": lambda r: r.but(x=np.column_stack([r.x[:, 0], np.full(r.n, 0.1) * 3])),
    "collinear": lambda r: r.but(x=np.column_stack([r.x[:, 0], 1.8 * r.x[:, 0] + 32])),
    "separated": lambda r: r.but(x=np.column_stack([2 * r.event - 1, r.x[:, -1]])),
    "one event": lambda r: r.but(event=np.eye(r.n)[0], status=np.eye(r.n)[0]),
    "no event": lambda r: r.but(event=0 * r.event, status=0 * r.status),
    "only events": lambda r: r.but(event=0 * r.event + 1, status=0 * r.status + 1),
    "no event in an arm": lambda r: r.but(event=r.event * r.arm, status=r.status * r.arm),
    "events only in an arm": lambda r: r.but(event=np.maximum(r.event, r.arm)),
    "one exposed": lambda r: r.but(arm=np.eye(r.n)[3]),
    "nobody exposed": lambda r: r.but(arm=0 * r.arm),
    "everybody exposed": lambda r: r.but(arm=0 * r.arm + 1),
    "tied": lambda r: r.but(time=np.ones(r.n), entry=0 * r.entry, value=0.1 + 0 * r.value),
    "rounded": lambda r: r.but(time=np.ceil(r.time / 7), entry=0 * r.entry, x=np.rint(r.x)),
    "huge": lambda r: r.but(x=r.x * 1e12, value=r.value * 1e12),
    "beyond all units": lambda r: r.but(x=r.x * 1e200, value=r.value * 1e200),
    "values beyond all units": lambda r: r.but(value=r.value * 1e200),
    "tiny": lambda r: r.but(x=r.x * 1e-12, value=r.value * 1e-12),
    "far from zero": lambda r: r.but(x=r.x + 1e11, value=r.value + 1e11),
    "beyond whole numbers": lambda r: r.but(x=r.x + 2.0**53, value=r.value + 2.0**53),
    "one tiny, one huge": lambda r: r.but(x=r.x * np.resize([1e-120, 1e120], r.x.shape[1])),
    "for ever": lambda r: r.but(time=r.time * 1e300),
    "one row": lambda r: r.take(np.arange(1)),
    "two rows": lambda r: r.take(np.arange(2)),
    "six rows": lambda r: r.take(np.arange(6)),
    "thirteen rows": lambda r: r.take(np.arange(13)),
    "no rows": lambda r: r.take(np.arange(0)),
    "every row twice": lambda r: r.take(np.repeat(np.arange(r.n), 2)),
}


def nasty(estimator: Estimator, rows: Rows) -> None:
    """Constant, collinear, separated, empty, tied, huge and tiny: finite, or refused by name."""
    for name, spoil in NASTY.items():
        try:
            found = outcome(estimator, spoil(rows))
        except Exception as error:
            if rows_cannot_be_called(estimator, spoil(rows)):
                continue  # the arguments themselves could not be made: no call was tried
            raise AssertionError(f"{name}: {type(error).__name__}: {error}") from error
        if found is None:
            continue
        _finite_with_width(found, name)


def _finite_with_width(found: Numbers, name: str) -> None:
    """Every estimate and p is a number, every interval has a width."""
    for key, value in found.items():
        parts = key.split()
        if "smd" in parts:
            assert not abs(value) > LARGEST_SMD, f"{name}: {key}: a difference of rounding: {found}"
        if {"estimate", "p"} & set(parts):
            assert np.isfinite(value), f"{name}: {key}: {found}"
        if "lo" in parts:
            hi = found[" ".join("hi" if part == "lo" else part for part in parts)]
            assert value < hi, f"{name}: {key}: an interval without width: {found}"


def rows_cannot_be_called(estimator: Estimator, rows: Rows) -> bool:
    """Whether making the arguments fails, before the estimator is reached."""
    try:
        estimator.call(rows)
    except Exception:
        return True
    return False


def _uses(*columns: str) -> Callable[[Estimator], bool]:
    return lambda e: set(columns) <= set(e.uses)


def _takes(argument: str) -> Callable[[Estimator], bool]:
    return lambda e: argument in e.arguments


LAWS = {
    "shift_scale": Law(shift_scale, _uses("x"), "origin and unit of covariates do not matter"),
    "columns": Law(columns, _uses("x"), "order and direction of covariates do not matter"),
    "order": Law(order, lambda e: True, "the order of rows does not matter"),
    "weights": Law(weights, _takes("weights"), "a row of weight 2 is two rows"),
    "relabel": Law(
        relabel,
        lambda e: bool(set(LABELS) & e.arguments),
        "what groups, strata and clusters are called does not matter",
    ),
    "reversal": Law(
        reversal, lambda e: e.kind != "", "arms exchanged: ratios invert, differences change sign"
    ),
    "split": Law(split, _takes("entry"), "follow-up cut in two is the same follow-up"),
    "time_unit": Law(
        time_unit,
        _uses("time"),
        "hours for days change no ratio, test or probability",
    ),
    "distance_unit": Law(
        distance_unit, _uses("distance"), "a caliper holds what is as wide, whatever the unit"
    ),
    "coherence": Law(
        coherence,
        lambda e: e.kind in ("ratio", "difference"),
        "the estimate lies in an interval of some width that agrees with p, or both are named",
    ),
    "monotone": Law(monotone, _takes("level"), "a higher level has a wider interval"),
    "level": Law(level, _takes("level"), "a level outside 0 to 1 is refused"),
    "clusters": Law(clusters, _takes("cluster"), "one cluster is refused, few are warned of"),
    "missing": Law(coats, lambda e: True, "a missing value in any coat is refused"),
    "types": Law(types, lambda e: True, "types of the same numbers agree, text is refused"),
    "options": Law(options, lambda e: bool(e.options), "an option that is none is refused"),
    "nasty": Law(nasty, lambda e: True, "constant, collinear, separated, empty: finite or refused"),
}


def obeys(estimator: Estimator, law: str) -> bool:
    """Whether a law is asked of an estimator."""
    return LAWS[law].applies(estimator) and law not in estimator.exempt
