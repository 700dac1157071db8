"""Every estimator obeys every law, on generated patients and on public data sets."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from _pytest.mark.structures import ParameterSet

from ehrivig.errors import EhrivigError, NumericalWarning
from tests.laws.estimators import BY_NAME, ESTIMATORS
from tests.laws.laws import LAWS, obeys
from tests.laws.rows import NAMES, Rows, generated, load

QUICK = 1  # public data sets per law and estimator in the quick run; each pair has its own
CASES = [(law, e.name) for e in ESTIMATORS for law in LAWS if obeys(e, law)]
HEAVY = {
    "AIPW, cross-fitted": ("types", "nasty", "shift_scale", "options", "level"),
    "sequential trials, their risks, covariates that move": ("types", "shift_scale"),
    "sequential trials, covariates that move": ("types",),
    "dose so far, structural model": ("types", "nasty"),
    "dose plans, clone-censor-weight": ("types", "nasty"),
}
"""Pairs that take more than six seconds each: `make slow` tries them."""
FEW = 300
"""Rows of a data set that estimators with a resampling of their own, and moving covariates, get."""
ONE_SET_IS_ENOUGH = ("missing", "types", "options", "level", "clusters")


def is_slow(name: str) -> bool:
    """Whether one fit takes seconds: it is tried dozens of times per law and data set."""
    return name in HEAVY or "covariates that move" in name


def people(law: str, name: str) -> list[Rows]:
    """The rows that the quick run tries: one generated set, and a public one that fits."""
    seed = zlib.crc32(f"{law} {name}".encode())
    made = generated(seed % 997, 90)
    if law in ONE_SET_IS_ENOUGH:
        return [made]
    return [made, *(load(NAMES[(seed + k) % len(NAMES)]) for k in range(QUICK))]


def cases() -> list[ParameterSet]:
    return [
        pytest.param(law, name, marks=[pytest.mark.slow] if law in HEAVY.get(name, ()) else [])
        for law, name in CASES
    ]


@pytest.mark.parametrize(("law", "name"), cases(), ids=lambda value: value)
def test_law(law: str, name: str) -> None:
    for rows in people(law, name):
        LAWS[law].check(BY_NAME[name], rows)


@pytest.mark.slow
@pytest.mark.parametrize("data", [*NAMES, *range(12)], ids=str)
def test_every_law_on_all_data(data: str | int) -> None:
    rows = generated(data) if isinstance(data, int) else load(data)
    broken = []
    few = rows.take(np.random.default_rng(0).permutation(rows.n)[:FEW])
    for law, name in CASES:
        try:
            LAWS[law].check(BY_NAME[name], few if is_slow(name) else rows)
        except (EhrivigError, NumericalWarning):
            continue  # the arguments themselves are refused: a score that the data separate
        except AssertionError as error:
            broken.append(f"{law}, {name}: {str(error)[:300]}")
    assert not broken, "\n".join(broken)
