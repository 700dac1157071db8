"""Counts of events that a crude ratio or difference gives back, although they are not shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

_MOST = 4_000_000
"""Pairs of counts that are tried: of more people a ratio fits too many."""
_DIGITS = 1e-9
_NEAR = 1e-6
_E_VALUE = re.compile(r"\bE-value \d")
_ADJUSTED = (
    *("adjusted", "score", "Cox", "weight", "imput", "log-rank", "conditional"),
    "g-computation",
)
_POOLED = "; pooled over "
"""Before it stands what was done in each imputation: where all agree, that is what is pooled."""
_BY_COVARIATES = ("adjusted for", "g-computation")


def e_value_of(row: Mapping[str, Any]) -> bool:
    """Whether a note gives the E-value of a ratio that is not shown, from which it follows."""
    hidden = "estimate" in row and row["estimate"] is None
    return hidden and _E_VALUE.search(str(row.get("note") or "")) is not None


def adjusted(row: Mapping[str, Any]) -> bool:
    """Whether a model does more than compare the counts of both arms."""
    return any(word in str(row.get("model")).split(_POOLED)[0] for word in _ADJUSTED)


def by_covariates(row: Mapping[str, Any]) -> bool:
    """Whether an estimate of the matched is more than a comparison of their counts.

    Pairs are what adjusts the others: of so many pairs few numbers of events give a crude ratio.
    """
    told = any(word in str(row.get("model")) for word in _BY_COVARIATES)
    return bool(row.get("adjusted")) and told


def events_of_risk(risk: float | None, size: float | None) -> int | None:
    """The events that a crude risk tells; None of one that is no share of whole people."""
    if risk is None or not size:
        return None
    events = risk * size
    return round(events) if abs(events - round(events)) < _NEAR else None


def told_by_risk(row: Mapping[str, Any], arms: Iterable[str]) -> bool:
    """Whether the risk of one of these arms is a share of whole people: its events, in other words.

    A risk of a model or of weights is none. Beside a difference or a ratio each risk gives the
    other, so both go, or none.
    """
    told = ((row.get(f"risk_{arm}"), row.get(f"n_{arm}")) for arm in arms)
    return any(events_of_risk(risk, size) is not None for risk, size in told)


def counts_of(row: Mapping[str, Any]) -> list[tuple[int, int]]:
    """The events of both arms that give a row's estimate exactly; none where they are shown.

    A model that adjusts for nothing gives the ratio of the counts themselves to the last digit.
    """
    exposed, control, value = (row.get(k) for k in ("n_exposed", "n_control", "estimate"))
    told = [row.get(name) is not None for name in ("events_exposed", "events_control")]
    if exposed is None or control is None or value is None or all(told):
        return []
    measure, n, m = row.get("measure"), int(float(exposed)), int(float(control))
    if measure not in ("OR", "RR", "RD") or adjusted(row) or (n + 1) * (m + 1) > _MOST:
        return []
    a, c = np.arange(n + 1)[:, None], np.arange(m + 1)[None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        if measure == "OR":
            made = (a / (n - a)) / (c / (m - c))
        else:
            made = (a / n) / (c / m) if measure == "RR" else a / n - c / m
        near = np.abs(made - float(value)) <= _DIGITS * max(1.0, abs(float(value)))
    found = np.argwhere(near)
    return [(int(one), int(two)) for one, two in found]
