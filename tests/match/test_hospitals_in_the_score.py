"""Hospitals that differ in treatment and risk: told apart in the score, the models and a lint."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from ehrivig import dataset
from ehrivig import study as studies
from ehrivig.analysis import own_lints
from ehrivig.analysis.effects import EffectRows
from ehrivig.analysis.sensitivity.weighting import weighting
from ehrivig.errors import EhrivigError
from ehrivig.match import comparison
from ehrivig.match.diagnostics import _hospitals
from ehrivig.stats.balance import level_difference

NAMES = ("age", "male", "sofa")


@pytest.fixture(scope="module")
def plan() -> studies.Study:
    """A study of three covariates, with every weighting, and every count shown."""
    full = studies.load("tocilizumab_covid19")
    kept = tuple(v for v in full.covariates.variables if v.name in NAMES)
    asked = {"sensitivity": ("iptw", "overlap", "aipw"), "subgroups": ()}
    return full.model_copy(
        update={
            "covariates": full.covariates.model_copy(update={"variables": kept}),
            "match": full.match.model_copy(update={"covariates": NAMES}),
            "analysis": full.analysis.model_copy(update=asked),
            "report": full.report.model_copy(update={"smallest_cell": 0}),
        }
    )


def ignoring(plan: studies.Study) -> studies.Study:
    return plan.model_copy(update={"match": plan.match.model_copy(update={"hospital": "ignore"})})


def admissions(**arms: tuple[int, int]) -> pl.DataFrame:
    """Per hospital its exposed and its unexposed."""
    rows = [
        {"hospital_id": name, "exposed": exposed}
        for name, counts in arms.items()
        for exposed, n in zip((True, False), counts, strict=True)
        for _ in range(n)
    ]
    return pl.DataFrame(rows)


def test_one_hospital_needs_no_column() -> None:
    assert dataset.hospital_names(dataset.with_hospitals(admissions(A=(9, 9)))) == ()


def test_hospitals_with_both_arms_have_a_column_but_the_largest() -> None:
    table = dataset.with_hospitals(admissions(A=(40, 40), B=(5, 5), C=(5, 6)))
    assert dataset.hospital_names(table) == ("hospital B", "hospital C")
    assert table["hospital B"].sum() == 10
    assert dataset.with_hospitals(table).equals(table)


def test_small_hospitals_share_a_column_and_their_shrunken_share() -> None:
    table = dataset.with_hospitals(admissions(A=(20, 20), B=(4, 0), C=(0, 6)))
    names = ("hospital (any other)", "hospital (share exposed)")
    assert dataset.hospital_names(table) == names
    assert table[names[0]].sum() == 10
    share = 24 / 50
    by = dict(table.group_by("hospital_id").agg(pl.col(names[1]).first()).iter_rows())
    assert by["A"] == 0
    assert by["B"] == pytest.approx((4 + 10 * share) / 14 - share)
    assert by["C"] == pytest.approx((0 + 10 * share) / 16 - share)


def test_the_difference_of_levels_by_hand() -> None:
    """Two levels: |0.6 - 0.3| over the root of (0.24 + 0.21) / 2; equal weights leave none."""
    arm = np.repeat([True, False], 100)
    level = np.concatenate([np.repeat(["A", "B"], [60, 40]), np.repeat(["A", "B"], [30, 70])])
    expected = 0.3 / np.sqrt(0.225)
    assert level_difference(arm, level) == pytest.approx((expected, expected))
    even = np.where(
        arm, np.where(level == "A", 1 / 60, 1 / 40), np.where(level == "A", 1 / 30, 1 / 70)
    )
    before, after = level_difference(arm, level, even)
    assert (before, after) == pytest.approx((expected, 0.0), abs=1e-12)
    assert np.isnan(level_difference(arm, np.repeat("A", 200))).all()


def test_arms_that_share_no_level_are_as_far_apart_as_can_be() -> None:
    """No spread within the arms would make a distance of any size one of 0: the worst passed."""
    for controls in ("B", "C"):
        level = np.array(["A", "A", "B", "B", controls, controls])
        arm = np.array([True, True, controls == "C", controls == "C", False, False])
        assert level_difference(arm, level) == (np.inf, np.inf)
        assert level_difference(arm, level, np.ones(6)) == (np.inf, np.inf)
    some_shared = level_difference([True, True, False, False], ["A", "B", "B", "C"])
    assert np.isfinite(some_shared).all()
    assert some_shared[0] > 0


def test_weights_are_looked_at_also_where_no_level_is_shared() -> None:
    arm, level = [True, True, False, False], ["A", "A", "B", "B"]
    for wrong in (["1", "x", "1", "1"], [1.0, np.nan, 1.0, 1.0], [1.0]):
        with pytest.raises(EhrivigError):
            level_difference(arm, level, wrong)
        with pytest.raises(EhrivigError):
            level_difference(np.ones(len(arm)), level, wrong)
    before, after = level_difference(arm, level, [0.0, 0.0, 1.0, 1.0])
    assert before == np.inf
    assert np.isnan(after)


def test_an_arm_without_people_or_weight_has_no_difference_of_levels() -> None:
    level = ["A", "A", "B", "B"]
    for arm in ([True] * 4, [False] * 4):
        assert np.isnan(level_difference(arm, level)).all()
    arm = [True, False, True, False]
    for without in (np.array([0, 1, 0, 1]), np.array([1, 0, 1, 0])):
        before, after = level_difference(arm, level, without)
        assert before == 0
        assert np.isnan(after)


def test_hospitals_of_one_arm_each_are_found(plan: studies.Study) -> None:
    """All exposed in one hospital and all controls in another: a lint, and a row of balance."""
    arm = np.arange(40) % 2 == 0
    table = pl.DataFrame(
        {
            "admission_id": [f"a{i}" for i in range(40)],
            "hospital_id": np.where(arm, "A", "B"),
            "exposed": arm,
            "weight": 1.0,
        }
    )
    (lint,) = own_lints._hospitals(table, table, ignoring(plan))
    assert lint.code == "hospital_imbalance"
    assert "no hospital has matched people of both arms" in lint.message
    (row,) = _hospitals(table, np.ones(40), plan)
    assert row["smd_unmatched"] is row["smd_matched"] is None
    assert not own_lints._hospitals(table, table, plan)  # the score tells hospitals apart


def world(seed: int, n: int = 850, hospitals: int = 5) -> pl.DataFrame:
    """No effect; hospitals differ in share treated and in risk (SD 1, correlation 0.9)."""
    rng = np.random.default_rng(seed)
    where = rng.integers(0, hospitals, n)
    shift = rng.multivariate_normal([0, 0], [[1, 0.9], [0.9, 1]], hospitals)
    x = rng.normal(size=(n, 3))
    exposed = rng.random(n) < 1 / (1 + np.exp(-(x @ [0.4, 0.3, -0.2] + shift[where, 0])))
    died = rng.random(n) < 1 / (1 + np.exp(-(x @ [0.5, 0.3, 0.2] + shift[where, 1] - 0.7)))
    key = {"hospital_id": [f"H{i}" for i in where], "admission_id": np.arange(n)}
    columns = {name: x[:, i] for i, name in enumerate(NAMES)}
    return pl.DataFrame(key | {"exposed": exposed, "death_28d": died} | columns)


def differences(table: pl.DataFrame, plan: studies.Study) -> dict[str, float]:
    """Design -> risk difference."""
    told = dataset.with_hospitals(table)
    rows = EffectRows(0)
    weighting(told, comparison.compare(told, plan).score, plan, rows)
    return {row["design"]: row["estimate"] for row in rows.rows if row.get("measure") == "RD"}


def test_hospitals_that_differ_make_no_effect(plan: studies.Study) -> None:
    """M21: bias +0.11 where nothing tells hospitals apart; none where the score does."""
    found = {"model": [], "ignore": []}  # type: dict[str, list[dict[str, float]]]
    for seed in range(12):
        table = world(seed)
        found["model"].append(differences(table, plan))
        found["ignore"].append(differences(table, ignoring(plan)))
    for design in ("iptw", "overlap", "aipw"):
        told, blind = (np.mean([one[design] for one in found[how]]) for how in ("model", "ignore"))
        assert abs(told) < 0.03, design
        assert blind > 0.06, design


def test_hospitals_in_no_model_are_a_row_and_an_error(plan: studies.Study) -> None:
    table = dataset.with_hospitals(world(1))
    declared = plan.study.estimand.model_copy(update={"analysis": "iptw", "measure": "RD"})
    blind = ignoring(plan).model_copy(
        update={"study": plan.study.model_copy(update={"estimand": declared})}
    )
    for study, codes in ((plan, []), (blind, ["hospital_imbalance"])):
        arms = comparison.compare(table, study)
        (row,) = arms.balance.filter(pl.col("covariate") == "hospital_id").to_dicts()
        assert row["in_score"] is (study is plan)
        assert row["smd_unmatched"] > 0.3
        found = own_lints._hospitals(table, arms.matched_rows(table), study)
        assert [one.code for one in found] == codes
        assert all(one.severity == "error" for one in found)


def test_a_reproduction_matches_as_published() -> None:
    liu = studies.load("ivig_covid19")
    assert not liu.hospital_in_score
    assert liu.hospital_in_models
    assert studies.load("tocilizumab_covid19").hospital_in_score


def test_separated_arms_are_scored_by_a_penalised_fit_with_a_lint(plan: studies.Study) -> None:
    """M10: a covariate that decides the exposure ends no run."""
    table = world(2).with_columns(male=pl.col("exposed").cast(pl.Float64))
    arms = comparison.compare(table, plan)
    assert not np.isnan(arms.score).any()
    assert "penalised" in arms.note
    (lint,) = own_lints._separated(arms.note)
    assert (lint.code, lint.severity) == ("penalised_score", "warn")


def test_a_model_of_a_small_cohort_is_not_all_hospitals() -> None:
    """One column for every 20 of the smaller arm; 186 hospitals keep a handful and a share."""
    few = dataset.with_hospitals(admissions(**{f"H{i:03}": (5, 6) for i in range(186)}))
    names = dataset.hospital_names(few)
    assert len(names) == 186 * 5 // 20 + 2
    assert names[-2:] == ("hospital (any other)", "hospital (share exposed)")
    tiny = dataset.with_hospitals(admissions(A=(6, 9), B=(6, 7), C=(6, 6)))
    assert dataset.hospital_names(tiny) == names[-2:]


def test_a_difference_just_above_a_tenth_is_one(plan: studies.Study) -> None:
    """Half of the exposed and 447, or 454, of 1,000 controls in A: 0.106, or 0.092."""
    for controls, found in ((447, 1), (454, 0)):
        arm = np.repeat([True, False], 1000)
        place = np.concatenate(
            [np.repeat(["A", "B"], [500, 500]), np.repeat(["A", "B"], [controls, 1000 - controls])]
        )
        table = pl.DataFrame({"hospital_id": place, "exposed": arm})
        assert len(own_lints._hospitals(table, table, ignoring(plan))) == found


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_the_scale_of_weights_moves_no_difference_of_levels(scale: float) -> None:
    arm = np.arange(12) % 2 == 0
    level, weight = np.array(list("AABABBBAABAB")), np.linspace(0.1, 1.0, 12)
    before, after = level_difference(arm, level, weight)
    assert level_difference(arm, level, weight * scale) == pytest.approx((before, after))
    assert after not in (0, before)
