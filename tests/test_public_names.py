"""The names that notebooks use (contract, section 6)."""

from __future__ import annotations

import inspect

import numpy as np

import ehrivig


def test_contract_names_are_functions_with_documented_shapes() -> None:
    names = [
        "logistic",
        "conditional_logistic",
        "kaplan_meier",
        "logrank",
        "cox",
        "cumulative_incidence",
        "gray_test",
        "fine_gray",
    ]
    for name in names:
        function = getattr(ehrivig.stats, name)
        assert inspect.isfunction(function), name
        assert "(n" in (function.__doc__ or ""), name
    wanted = {"order", "ratio", "replace", "tie_rule", "exact", "seed"}
    assert wanted <= set(inspect.signature(ehrivig.match.nearest).parameters)
    assert list(inspect.signature(ehrivig.run).parameters)[:3] == ["study", "extract", "out"]


def test_nearest_gives_row_numbers() -> None:
    pairs = ehrivig.match.nearest(np.array([0.1, 0.5, 0.12, 0.9]), np.array([1, 1, 0, 0]), 0.05)
    assert list(zip(pairs.treated, pairs.control, strict=True)) == [(0, 2)]
