"""A person moved between two hospitals of the network is one person from the cohort to the report.

What this does not do: follow the index admission into the second hospital. Its exposure, lengths of
stay and in-hospital death are those of the first; a death anywhere counts where `death_at` says it.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import polars as pl
import pytest

from ehrivig import pipeline, study
from ehrivig.demo import write_demo
from ehrivig.validate import transfers

pytestmark = pytest.mark.usefixtures("more_quickly")


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("network")
    write_demo(folder / "x", patients=300, hospitals=2, seed=3, defects="hospital_transfer")
    content = tomllib.loads(study.locate("ivig_covid19").read_text(encoding="utf-8"))
    kept = ("age", "male", "diabetes", "hypertension")
    variables = content["covariates"]["variables"]
    content["covariates"]["variables"] = [v for v in variables if v["name"] in kept]
    content["outcomes"]["variables"] = content["outcomes"]["variables"][:3]
    content["match"] = {"covariates": ["age", "male"]}
    content["analysis"] = {}
    content["regimen"] = {"names": ["gbs"]}
    summary = pipeline.run(study.parse(content), folder / "x", folder / "out")
    assert summary.exit_code == 0, summary.message
    return folder / "out"


def stays(out: Path) -> pl.DataFrame:
    return pl.read_parquet(out / "hospitals" / "screened.parquet")


def test_a_moved_person_is_in_the_cohort_once_at_the_first_hospital(out: Path) -> None:
    moved = transfers.transfers(stays(out))
    assert moved.height > 0
    cohort = pl.read_parquet(out / "cohort.parquet")
    assert cohort["person_id"].is_unique().all()
    key = ["hospital_id", "admission_id"]
    assert cohort.join(moved, on=key, how="semi").height == 0
    flow = pl.read_csv(out / "attrition.csv")
    whole = flow.filter(pl.col("hospital_id") == "all").sort("step")
    index = whole.filter(pl.col("criterion") == "index")
    assert index["patients"].item() == index["admissions"].item()
    # the stay after the move is left out, and counted where it was
    before = whole.filter(pl.col("step") == index["step"].item() - 1)["admissions"].item()
    apart = flow.filter((pl.col("criterion") == "index") & (pl.col("hospital_id") != "all"))
    left_out = before - index["admissions"].item()
    assert index["excluded"].item() == left_out == apart["excluded"].sum() > 0


def test_use_counts_a_moved_person_once(out: Path) -> None:
    courses = pl.read_parquet(out / "courses.parquet")
    total = pl.read_csv(out / "utilisation.csv").filter(pl.col("dimension") == "all")
    assert total["patients"].item() == courses["person_id"].n_unique()
    assert total["courses"].item() == courses.height
    regimens = pl.read_parquet(out / "regimens.parquet")
    assert regimens["person_id"].is_unique().all()
    assert set(regimens["person_id"]) == set(courses["person_id"])
