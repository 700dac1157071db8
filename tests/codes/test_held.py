"""Lists whose codes are all among those of another."""

from __future__ import annotations

import polars as pl

from ehrivig.analysis.nested import CODED, nested
from ehrivig.codes.held import conditions_held, drugs_held
from ehrivig.codes.lists import CodeLists
from ehrivig.release.attack.attack import of_tables
from ehrivig.study.file import load


def test_conditions_that_are_others_too() -> None:
    held = conditions_held(CodeLists())
    assert ("cirrhosis", "chronic_liver_disease") in held
    assert ("septic_shock", "sepsis") in held
    assert ("chronic_liver_disease", "cirrhosis") not in held
    assert ("stroke", "thromboembolism") not in held  # of its codes some are in the other list
    assert not any(part == whole for part, whole in held)


def test_drugs_that_are_among_a_class() -> None:
    held = drugs_held(CodeLists())
    assert {("ribavirin", "antiviral"), ("norepinephrine", "vasopressor")} <= held
    assert ("antiviral", "ribavirin") not in held
    assert ("ivig", "albumin") not in held


def test_a_study_says_which_of_its_variables_hold_others_by_their_codes() -> None:
    rows = nested(load("ivig_covid19")).filter(pl.col("kind") == CODED).rows()
    pairs = {(part, whole) for _, part, whole, _ in rows}
    assert ("cirrhosis", "chronic_liver_disease") in pairs
    assert ("ribavirin", "antiviral") in pairs
    assert all(yields in (part, whole) for _, part, whole, yields in rows)


def test_who_has_the_one_and_not_the_other_is_a_count_like_any_other() -> None:
    def row(variable: str, exposed: int) -> dict[str, object]:
        n = {"n_all": 200.0, "n_control": 100.0, "n_exposed": 100.0}
        events = {"events_all": 40.0 + exposed, "events_control": 40.0}
        more = {"events_exposed": float(exposed), "label": variable, "kind": "binary"}
        return {"variable": variable, **n, **events, **more}

    pair = {"kind": [CODED], "part": ["cirrhosis"], "whole": ["chronic_liver_disease"]}
    tables = {
        "table1.csv": pl.DataFrame([row("chronic_liver_disease", 20), row("cirrhosis", 17)]),
        "nested.csv": pl.DataFrame({**pair, "yields": ["cirrhosis"]}),
    }
    found = [cell for cell in of_tables(tables, 5) if cell.disclosed]
    assert [(c.values, c.place.row) for c in found if "exposed" in c.place.words] == [((3,), 1)]
