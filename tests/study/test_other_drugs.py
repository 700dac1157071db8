"""The packaged studies of other drugs run whole, each on the demo with its drugs."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from fuzz.quick_pages import quick_pages

from ehrivig import pipeline, study
from ehrivig.demo import write_demo
from ehrivig.demo.study_drugs import STUDIES
from ehrivig.errors import UsageError
from ehrivig.runs.summary import RunSummary

FOUND = {
    "tocilizumab_covid19": (255, 97, 75),
    "dexamethasone_covid19": (239, 117, 76),
    "hydrocortisone_septic_shock": (121, 57, 38),
    "vasopressin_septic_shock": (126, 62, 39),
    "albumin_septic_shock": (105, 48, 30),
}
"""Cohort, exposed and pairs in 900 patients of two hospitals."""


def test_every_study_of_another_drug_is_run_here() -> None:
    assert set(FOUND) == set(STUDIES)
    others = {"clif_demo", "eicu_demo", "omop_synthea"}  # their extracts are of other layouts
    assert set(study.packaged()) == {*FOUND, *others, *_of_immunoglobulin()}


def _of_immunoglobulin() -> list[str]:
    return [name for name in study.packaged() if name.startswith("ivig_")]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[RunSummary, Path]]:
    """The run of a study on its demo, made when it is first asked for."""

    @cache
    def run(name: str) -> tuple[RunSummary, Path]:
        place = tmp_path_factory.mktemp(name)
        write_demo(place / "demo", patients=900, hospitals=2, seed=7, defects="none", study=name)
        plan = study.load(name)
        quick = plan.analysis.model_copy(update={"bootstrap": 20})
        few = plan.model_copy(update={"analysis": quick})
        with quick_pages(drawn=True):
            return pipeline.run(few, place / "demo", place / "out"), place / "out"

    return run


@pytest.mark.parametrize("name", FOUND)
def test_a_study_of_another_drug_runs_whole(
    ran: Callable[[str], tuple[RunSummary, Path]], name: str
) -> None:
    plan = study.load(name)
    summary, out = ran(name)
    assert summary.exit_code == 0, summary.message
    assert (summary.cohort, summary.exposed, summary.pairs) == FOUND[name]
    effects = pl.read_csv(out / "effects.csv", infer_schema_length=None)
    main = effects.filter((pl.col("outcome") == "death_28d") & (pl.col("analysis") == "main"))
    assert main["estimate"].is_finite().all()
    dosing = pl.read_parquet(out / "dosing.parquet")
    given = dosing.filter(f"{plan.exposure.name}_any")
    in_units = name == "vasopressin_septic_shock"  # a rate in units is no amount
    assert given["total_g"].is_null().all() if in_units else given["total_g"].is_not_null().all()
    assert given["hours_to_first_dose"].min() >= 0  # type: ignore[operator]


@pytest.mark.parametrize(
    ("name", "grams"), [("albumin_septic_shock", 20.0), ("tocilizumab_covid19", 0.6)]
)
def test_grams_of_albumin_and_of_tocilizumab_follow_from_their_lists(
    ran: Callable[[str], tuple[RunSummary, Path]], name: str, grams: float
) -> None:
    given = pl.read_parquet(ran(name)[1] / "dosing.parquet").filter(pl.col("total_g") > 0)
    each = (given["total_g"] / given["n_administrations"]).to_list()
    assert len(each) > 40
    assert each == pytest.approx([grams] * len(each))


def test_the_demo_says_for_which_study_it_is_and_is_else_unchanged(tmp_path: Path) -> None:
    plain, own = tmp_path / "plain", tmp_path / "own"
    write_demo(plain, patients=100, hospitals=1, defects="none")
    write_demo(own, patients=100, hospitals=1, defects="none", study="tocilizumab_covid19")
    assert "study" not in json.loads((plain / "extract.json").read_text())
    assert json.loads((own / "extract.json").read_text())["study"] == "tocilizumab_covid19"
    for path in sorted(plain.rglob("*.parquet")):
        same = pl.read_parquet(path)
        other = pl.read_parquet(own / path.relative_to(plain))
        if path.parent.parent.name == "medication":
            added = other.filter(pl.col("drug_code") == "L04AC07")
            assert 0 < added.height == other.height - same.height
            keys = ("medication_id", "order_id")
            rest = other.filter(pl.col("drug_code") != "L04AC07").drop(keys)
            assert rest.sort(rest.columns).equals(same.drop(keys).sort(rest.columns))
        else:
            assert same.equals(other), path.name


def test_a_demo_for_a_study_without_drugs_of_its_own_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no drugs for the study 'clif_demo'; there are some for"):
        write_demo(tmp_path / "demo", study="clif_demo")
