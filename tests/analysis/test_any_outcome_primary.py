"""Any outcome can be primary: with the model of its kind, or a row that says why not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ehrivig import analysis, report, study
from ehrivig.calibrate import calibrate
from ehrivig.concepts.follow_up import Answerable
from ehrivig.dataset import exposed, values
from ehrivig.errors import UsageError
from ehrivig.match import comparison
from ehrivig.stats.tables.rank import t_test
from ehrivig.study.registries import OUTCOMES

CHANGE = study.Outcome(name="change", label="APACHE II change", source="score_change", code="sofa")
KINDS = {
    "hospital_los_days": "MD",
    "change": "MD",
    "rna_clearance": "OR",
    "ards": "OR",
    "antibiotic": "OR",
}
OF_DEATHS = {"time_zero", "moribund_discharge"}


def asking(plan: study.Study, primary: str, *, alone: bool = False) -> study.Study:
    """The study with another primary outcome; `alone`: without the analyses beside the main one."""
    variables = (*plan.outcomes.variables, CHANGE)
    outcomes = plan.outcomes.model_copy(update={"primary": primary, "variables": variables})
    plan = plan.model_copy(update={"outcomes": outcomes})
    keys = {"sensitivity": (), "pool_hospitals": False} if alone else {}
    keys["negative_controls"] = ("prone_position",)
    return plan.model_copy(update={"analysis": plan.analysis.model_copy(update=keys)})


@pytest.fixture(scope="module")
def whole(table: pl.DataFrame) -> pl.DataFrame:
    """Some of the admissions, with the change of a score."""
    return with_change(table.head(700))


@pytest.fixture(scope="module")
def pairs(whole: pl.DataFrame, plan: study.Study) -> comparison.Comparison:
    """Their scores and pairs."""
    return comparison.compare(whole, plan)


def with_change(table: pl.DataFrame) -> pl.DataFrame:
    rng = np.random.default_rng(3)
    change = rng.normal(0, 4, table.height) - 2.0 * exposed(table)
    change[::9] = np.nan
    return table.with_columns(pl.Series("change", change).fill_nan(None))


def analysed(
    table: pl.DataFrame, compared: comparison.Comparison, plan: study.Study
) -> dict[str, pl.DataFrame]:
    return analysis.analyse(
        table,
        compared.matched_rows(table),
        compared.score,
        Answerable(plan, None),
        lambda other: comparison.match_again(other, plan),
    ).tables


@pytest.mark.parametrize("primary", KINDS)
def test_the_effect_is_asked_by_the_model_of_its_kind(
    whole: pl.DataFrame,
    pairs: comparison.Comparison,
    plan: study.Study,
    primary: str,
    tmp_path: Path,
) -> None:
    other = asking(plan, primary)
    tables = analysed(whole, pairs, other)
    effects = tables["effects"].filter(pl.col("outcome") == primary)
    main = effects.filter(pl.col("analysis") == "main")
    assert main["measure"][0] == KINDS[primary]
    assert main["estimate"].null_count() == 0
    told = effects.filter(pl.col("estimate").is_null())
    assert told["note"].str.contains("no estimate: ").all()
    number = KINDS[primary] == "MD"
    for name in ("table3", "subgroup", "weighting", "hospital", "missing_data", "table_s2"):
        rows = effects.filter((pl.col("analysis") == name) & pl.col("estimate").is_not_null())
        assert rows.height > 0, name
        if number:
            assert set(rows["measure"]) == {"MD"}, name
        caution = OUTCOMES[other.primary.source].caution
        assert rows["note"].fill_null("").str.contains(caution, literal=True).all(), name
        if number:
            assert rows["events_exposed"].null_count() == rows.height
    silent = effects.filter(pl.col("analysis").is_in(OF_DEATHS))
    assert silent["estimate"].null_count() == silent.height > 0
    written(tables, other, tmp_path)


def written(tables: dict[str, pl.DataFrame], plan: study.Study, folder: Path) -> None:
    """The report of these tables can be written, with the words of the outcome."""
    for name, table in tables.items():
        table.write_csv(folder / f"{name}.csv")
    texts = ("package", "version", "study_hash", "layout", "code", "message")
    facts = dict.fromkeys(texts, "-") | {"seed": 1, "exit_code": 0, "synthetic": True}
    code = {"sql": {}, "suites": {}, "codelists": {}}
    facts |= {"engines": {}, "hospitals": ["A"], "code": code}
    (folder / "manifest.json").write_text(json.dumps(facts), encoding="utf-8")
    report.write(folder, plan, dropped=[])
    page = (folder / "report.html").read_text(encoding="utf-8")
    number = bool(plan.primary.unit)
    assert ("crude mean differences" in page) is number
    assert ("crude odds ratios" in page) is not number
    assert "difference of " in page if number else "odds ratio of " in page


def test_the_mean_difference_is_that_of_the_rows(
    whole: pl.DataFrame, pairs: comparison.Comparison, plan: study.Study
) -> None:
    effects = analysed(whole, pairs, asking(plan, "change", alone=True))["effects"]
    row = effects.filter((pl.col("analysis") == "main") & (pl.col("population") == "all"))
    y, arm = values(whole, "change"), exposed(whole)
    wanted = t_test(y[arm & ~np.isnan(y)], y[~arm & ~np.isnan(y)], kind="welch")
    assert row["estimate"][0] == pytest.approx(wanted.difference)
    assert row["se"][0] == pytest.approx(wanted.se, rel=0.01)
    assert row["estimate"][0] == pytest.approx(-2, abs=0.8)
    known = ~np.isnan(y)
    counts = (int((arm & known).sum()), int((~arm & known).sum()))
    assert row.select("n_exposed", "n_control").row(0) == counts


def test_a_longer_stay_is_read_with_the_deaths_that_end_stays(
    whole: pl.DataFrame, pairs: comparison.Comparison, plan: study.Study
) -> None:
    effects = analysed(whole, pairs, asking(plan, "hospital_los_days", alone=True))["effects"]
    main = effects.filter(pl.col("analysis") == "main")
    assert main.filter(pl.col("measure") == "MD")["note"].str.contains("death ends a stay").all()
    alive = main.filter(pl.col("event_label") == "discharge alive")
    assert alive["measure"].to_list() == ["SHR", "HR"] * 2
    assert not alive["note"].str.contains("death ends a stay").any()
    assert alive["estimate"].null_count() == 0


def test_a_calibration_needs_a_death(plan: study.Study) -> None:
    with pytest.raises(UsageError, match="hospital_los_days is none"):
        calibrate(asking(plan, "hospital_los_days"), 2)
