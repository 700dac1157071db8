"""Head counts of a run in words: the cohort, its arms, who of them is matched and who is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from ehrivig.disclosure import nearest, small, small_proportion
from ehrivig.report.table import RunTables
from ehrivig.study import Study

NOT_SHOWN = "not shown"
_NOBODY = ("cohort", "exposed", "control", "pairs", "matched_control", "unmatched")
_INCOMPLETE = "missing_covariates"


@dataclass(frozen=True)
class _Heads:
    """People as counted: `pairs` are sets, of one exposed and one or more controls each."""

    exposed: int
    control: int
    pairs: int
    matched_control: int
    looked_for_pairs: bool

    @property
    def unmatched(self) -> tuple[int, int]:
        """The exposed and the controls that are in no pair."""
        return self.exposed - self.pairs, self.control - self.matched_control


def numbers(run: RunTables, study: Study, told: Mapping[str, Any]) -> dict[str, str]:
    """Head counts in words, of `told`, the manifest; arms are not shown where one is of few people.

    Nor are pairs where the manifest leaves them out, as they are nearly all of an arm, nor who is
    in no pair where that or its arm is not shown.
    """
    heads = _counted(run)
    if heads is None:
        return dict.fromkeys(_NOBODY, "not counted")
    smallest, to = study.report.smallest_cell, study.report.counts_rounded_to
    found = {
        "cohort": heads.exposed + heads.control,
        "exposed": heads.exposed,
        "control": heads.control,
    }
    words = {name: _written(count, to) for name, count in found.items()}
    kept = told.get("numbers") or {}
    few_of_an_arm = small_proportion(heads.exposed, found["cohort"], smallest)
    if few_of_an_arm:
        words |= {"exposed": NOT_SHOWN, "control": NOT_SHOWN}
    hidden = "pairs" in kept and kept["pairs"] is None
    few = any(small(n, smallest) for n in (heads.pairs, *heads.unmatched))
    paired = {"pairs": heads.pairs, "matched_control": heads.matched_control}
    for name, count in paired.items():
        said = "few" if small(heads.pairs, smallest) else _written(count, to)
        words[name] = NOT_SHOWN if hidden else said
    if heads.matched_control != heads.pairs and few:
        words["matched_control"] = NOT_SHOWN
    left = " and ".join(_written(count, to) for count in heads.unmatched)
    words["unmatched"] = NOT_SHOWN if hidden or few or few_of_an_arm else left
    if not heads.looked_for_pairs or not any(heads.unmatched):
        words["unmatched"] = ""
    return words


def arms(words: Mapping[str, str], label: str) -> dict[str, str]:
    """The boxes at the foot of the flow chart, left and right arm by turns."""
    return {
        f"{label}": words["exposed"],
        f"no {label}": words["control"],
        f"{label}, matched": words["pairs"],
        f"no {label}, matched": words["matched_control"],
    }


def unmatched(run: RunTables, words: Mapping[str, str]) -> str:
    """Why some of both arms are in no pair; nothing to say where nobody was matched or is left."""
    if words["unmatched"] in ("", "not counted"):
        return ""
    diagnostics = run.read("diagnostics.csv")
    share = None
    if {"diagnostic", "value"} <= set(diagnostics.columns):
        values = diagnostics.filter(pl.col("diagnostic") == _INCOMPLETE)["value"].cast(
            pl.Float64, strict=False
        )
        share = values[0] if values.len() else None
    missing = f"\nor a matching variable missing ({share:.1%})" if share else ""
    return f"Not matched: {words['unmatched']}\nno partner in the caliper{missing}"


def _written(count: int, to: int) -> str:
    return f"{nearest(count, to):,}"


def _counted(run: RunTables) -> _Heads | None:
    """The people of a run; None where it ended before it looked for anybody."""
    path = run.people / "cohort.parquet"
    if not path.is_file():
        return None
    given = pl.read_parquet(path, columns=["exposed"])["exposed"]
    exposed = int(given.sum())
    matched = run.people / "matched.parquet"
    pairs = controls = 0
    if matched.is_file():
        rows = pl.read_parquet(matched, columns=["pair_id", "exposed"])
        pairs = rows["pair_id"].n_unique()
        controls = rows.filter(~pl.col("exposed")).height
    return _Heads(exposed, given.len() - exposed, pairs, controls, matched.is_file())
