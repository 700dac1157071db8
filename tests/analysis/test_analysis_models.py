"""Table 3 and the regression tables."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ehrivig import study
from ehrivig.analysis.effects import EffectRows
from ehrivig.analysis.main_effects import _pairs, main_effects
from ehrivig.analysis.model_tables import table3, table_s2
from ehrivig.analysis.models import adjusted, crude, set_weights, supported, varying
from ehrivig.concepts import bands

BANDS = {
    "dose": ("max_daily_g", 10.0, 147, 99),
    "timing": ("hours_to_first_dose", 48.0, 101, 70),
    "duration": ("duration_days", 8.0, 87, 47),
}


def published_matched(plan: study.Study) -> pl.DataFrame:
    """174 pairs with the solved counts: 109 and 111 "events", and those of every group."""
    n, events = 174, 109
    event = np.arange(n) < events
    features = {}
    for feature, cut, n_low, low_events in BANDS.values():
        among_events, among_others = (
            np.arange(n) < low_events,
            np.arange(n) - events < n_low - low_events,
        )
        low = np.where(event, among_events, among_others)
        features[feature] = np.where(low, cut - 1, cut + 1)
    exposed = pl.DataFrame({"death_28d": event, **features}).with_columns(exposed=pl.lit(True))
    control = pl.DataFrame({"death_28d": np.arange(n) < 111}).with_columns(exposed=pl.lit(False))
    whole = pl.concat([exposed, control], how="diagonal")
    return whole.with_columns(
        pl.lit(True).alias("dose_complete"), pl.lit(1.0).alias("weight")
    ).with_columns(bands.bands(plan.exposure))


def test_table3_refitted_from_the_solved_counts(plan: study.Study, published_tables: Path) -> None:
    printed = pl.read_csv(published_tables / "liu2020_table3.csv", infer_schema=False)
    rows = EffectRows(0)
    table3(published_matched(plan), plan, rows)
    made = rows.frame()
    assert made.height == printed.height == 7
    for ours, theirs in zip(made.to_dicts(), printed.to_dicts(), strict=True):
        assert ours["n_exposed"] == int(theirs["n_ivig"])
        assert ours["events_exposed"] == int(theirs["events_ivig_solved"])
        for name, column in (("estimate", "or"), ("lo", "lo"), ("hi", "hi")):
            assert abs(ours[name] - float(theirs[column])) <= 0.0101, (theirs["contrast"], name)
        assert abs(ours["p"] - float(theirs["p_printed"])) <= 1.05e-3
    assert made["p_holm"].min() == pytest.approx(7 * 0.010482, abs=1e-5)


def test_every_group_of_table3_carries_the_warning(plan: study.Study) -> None:
    rows = EffectRows(0, "immortal time: ever against never")
    table3(published_matched(plan), plan, rows)
    assert all("immortal time" in note for note in rows.frame()["note"])


@pytest.mark.parametrize(("boundary", "low"), [("low", 3), ("high", 1)])
def test_both_cut_off_presets(plan: study.Study, boundary: str, low: int) -> None:
    """Doses 5, 10, 10, 15 g/day: exactly 10 is low in Table 3 and high in the Methods."""
    band = plan.exposure.bands[0].model_copy(update={"boundary": boundary})
    changed = plan.model_copy(
        update={"exposure": plan.exposure.model_copy(update={"bands": (band,)})}
    )
    table = pl.DataFrame(
        {
            "exposed": [True] * 4 + [False] * 2,
            "death_28d": [True, False, True, False, True, False],
            "max_daily_g": [5.0, 10.0, 10.0, 15.0, None, None],
            "dose_complete": [True] * 6,
        }
    ).with_columns(bands.bands(changed.exposure))
    rows = EffectRows(0)
    table3(table, changed, rows)
    sides = rows.frame().filter(pl.col("contrast") != "IVIG vs no IVIG")
    assert sides["n_exposed"].to_list() == [low, 4 - low] or low == 3
    assert bands.boundary_count(table, band) == 2
    assert all("2 exactly on the cut" in note for note in sides["note"])


def test_a_small_count_on_the_cut_is_not_told(plan: study.Study) -> None:
    guarded = plan.model_copy(
        update={"report": plan.report.model_copy(update={"smallest_cell": 5})}
    )
    table = published_matched(plan).with_columns(
        pl.when(pl.int_range(pl.len()) < 3).then(10.0).otherwise("max_daily_g").alias("max_daily_g")
    )
    rows = EffectRows(5)
    table3(table, guarded, rows)
    notes = rows.frame().filter(pl.col("contrast").str.contains("g/day"))["note"]
    assert all("<5 exactly on the cut" in note for note in notes)


def test_crude_odds_ratio_by_hand() -> None:
    """20/50 against 10/60: OR = 20 x 50 / (30 x 10) = 3.333, SE = sqrt(1/20+1/30+1/10+1/50)."""
    event = np.array([1.0] * 20 + [0.0] * 30 + [1.0] * 10 + [0.0] * 50 + [np.nan])
    arm = np.array([True] * 50 + [False] * 61)
    effect = crude(event, arm, "death", "x")
    se = math.sqrt(1 / 20 + 1 / 30 + 1 / 10 + 1 / 50)
    assert effect.estimate == pytest.approx(10 / 3, rel=1e-9)
    assert effect.se == pytest.approx(se, rel=1e-7)
    assert effect.lo == pytest.approx(10 / 3 * math.exp(-1.959964 * se), rel=1e-6)
    assert (effect.n_control, effect.events_control) == (60, 10)


def test_matched_sets_of_unequal_size_are_weighted() -> None:
    """Controls of weight 1, 1, 0.5, 0.5: the weighted odds are those of three controls."""
    frame = pl.DataFrame(
        {"exposed": [True] * 3 + [False] * 4, "weight": [1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5]}
    )
    weights = set_weights(frame)
    assert weights is not None
    event = np.array([1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0])
    effect = crude(event, frame["exposed"].to_numpy(), "death", "ATT", weights)
    assert effect.estimate == pytest.approx((1 / 2) / (1.5 / 1.5), rel=1e-6)
    assert set_weights(frame.with_columns(weight=pl.lit(1.0))) is None


def test_an_outcome_model_leaves_out_what_would_separate_it() -> None:
    event = np.array([1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0])
    good = np.array([1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0])
    rare = np.array([1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    x = np.column_stack([good, rare, np.arange(8.0)])
    assert supported(event, x, np.ones(8, dtype=bool)).tolist() == [True, False, True]


def test_main_effects_by_hand(plan: study.Study, counted: Callable[..., pl.DataFrame]) -> None:
    """30/100 against 45/100 in pairs (by order: 30 concordant events, 15 discordant)."""
    lone = plan.model_copy(
        update={
            "outcomes": plan.outcomes.model_copy(update={"variables": (plan.primary,)}),
            "match": plan.match.model_copy(update={"covariates": ("x",)}),
        }
    )
    matched = counted((30, 100), (45, 100)).with_columns(
        (pl.col("pair_id") % 7).cast(pl.Float64).alias("x")
    )
    rows = EffectRows(0)
    main_effects(matched, matched, lone, rows)
    table = rows.frame().filter(pl.col("population") == "matched")
    by_model = {(r["measure"], r["variance"]): r for r in table.to_dicts()}
    crude_or = next(r for key, r in by_model.items() if key[0] == "OR" and "Fisher" in key[1])
    assert crude_or["estimate"] == pytest.approx(30 * 55 / (70 * 45), rel=1e-9)
    differences = [r for key, r in by_model.items() if key[0] == "RD"]
    assert all(r["estimate"] == pytest.approx(-0.15, abs=2e-2) for r in differences)
    paired = next(r for r in differences if r["variance"].startswith("paired"))
    assert paired["se"] == pytest.approx(math.sqrt((0 + 15 - 15**2 / 100) / 100**2), rel=1e-9)
    ratio = next(r for key, r in by_model.items() if key[0] == "RR")
    inverse = 45 / 30
    e_value = inverse + math.sqrt(inverse * (inverse - 1))
    assert f"E-value {e_value:.2f}" in ratio["note"]
    robust = [r for r in table.to_dicts() if "adjusted for 1 covariates" in (r["model"] or "")]
    assert len(robust) == 1
    assert "cluster" in robust[0]["variance"]
    assert robust[0]["adjusted"]


def test_table_s2_equals_the_model_on_the_complete(table: pl.DataFrame, plan: study.Study) -> None:
    rows = EffectRows(0)
    terms = table_s2(table, plan, rows)
    complete = table.drop_nulls(list(plan.analysis.adjust))
    x = complete.select(plan.analysis.adjust).cast(pl.Float64).to_numpy()
    effect, _ = adjusted(
        complete["death_28d"].cast(pl.Float64).to_numpy(),
        complete["exposed"].to_numpy(),
        x,
        plan.analysis.adjust,
        "death",
        "",
    )
    row = terms.filter(pl.col("term") == "exposed").row(0, named=True)
    assert row["odds_ratio"] == pytest.approx(effect.estimate, rel=1e-9)
    assert row["n"] == complete.height < table.height
    assert rows.frame()["n_exposed"][0] == effect.n_exposed


def test_pairs_with_an_unknown_outcome_are_left_out(plan: study.Study) -> None:
    """22 whole pairs, 2 and 7 discordant; five more with the exposed or the control unknown."""
    cells = [(1, 0)] * 2 + [(0, 1)] * 7 + [(1, 1)] * 3 + [(0, 0)] * 10
    cells += [(None, 1)] * 2 + [(1, None), (None, None), (0, None)]
    matched = pl.DataFrame(
        [
            {"exposed": arm, "death_28d": event, "pair_id": pair, "weight": 1.0}
            for pair, both in enumerate(cells)
            for arm, event in zip((True, False), both, strict=True)
        ]
    ).with_columns(hospital_id=pl.lit("A"))
    made = EffectRows(0)
    _pairs(matched, plan, made)
    clustered, conditional, paired = made.frame().iter_rows(named=True)
    assert paired["estimate"] == pytest.approx(-5 / 22)
    assert paired["p"] == pytest.approx(0.0956, abs=5e-5)
    assert (paired["n_exposed"], paired["events_exposed"], paired["events_control"]) == (22, 5, 10)
    assert conditional["estimate"] == pytest.approx(2 / 7)
    assert clustered["n_control"] == 22
    assert all("5 of 27 pairs left out" in row["note"] for row in (clustered, conditional, paired))


def test_only_complete_rows_say_whether_a_column_varies() -> None:
    frame = pl.DataFrame(
        {"a": [1.0, 1.0, 2.0], "b": [0.0, 1.0, None], "c": [None, 3.0, 3.0], "d": [5.0, 7.0, 9.0]}
    )
    x, names = varying(frame, ("a", "b"))
    assert names == ("b",)
    assert x.shape == (3, 1)
    assert varying(frame, ("a", "d"))[1] == ("a", "d")
    assert varying(frame, ("c", "d"))[1] == ("d",)
