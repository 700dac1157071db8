"""The packaged study of the harms of immunoglobulin: outcomes that a demo has not, and then has."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest
from fuzz.quick_pages import quick_pages

from ehrivig import pipeline, study
from ehrivig.demo import write_demo
from ehrivig.study.registries.conditions import ACUTE

NAME = "ivig_safety_covid19"
HARMS = ("thromboembolism", "acute_kidney_injury", "aseptic_meningitis", "anaphylaxis")
FEW = "ignore::ehrivig.errors.NumericalWarning"  # separation: the extract is small
NOT_IN_THE_DEMO = {"thromboembolism", "aseptic_meningitis", "anaphylaxis", "secondary_infection"}


def test_its_outcomes_are_the_harms_that_the_paper_names() -> None:
    plan = study.load(NAME)
    assert plan.outcomes.primary == "thromboembolism"
    coded = [v.name for v in plan.outcomes.variables if v.source == "condition"]
    assert coded[:5] == [*HARMS, "secondary_infection"]
    assert set(coded[:5]) <= ACUTE
    liu = study.load("ivig_covid19")
    assert (plan.cohort, plan.extract) == (liu.cohort, liu.extract)
    assert (plan.exposure.codelist, plan.exposure.routes) == ("ivig", liu.exposure.routes)
    assert (plan.exposure.start_hours, plan.exposure.end_hours) == (0, 48)


def test_what_shares_codes_with_the_primary_outcome_makes_no_arms_alike() -> None:
    plan = study.load(NAME)
    used = {*plan.match.covariates, *plan.analysis.adjust}
    assert not used & {"stroke", *ACUTE}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("safety") / "demo"
    write_demo(folder, patients=400, hospitals=2, seed=7, defects="none")
    return folder


def ran(extract: Path, out: Path) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The effects, the lints and the rows of people of a run."""
    with quick_pages(drawn=True):
        summary = pipeline.run(NAME, extract, out)
    assert summary.exit_code == 0, summary.message
    tables = (pl.read_csv(out / f"{name}.csv", infer_schema_length=None)
              for name in ("effects", "lints"))  # fmt: skip
    effects, lints = tables
    return effects, lints, pl.read_parquet(out / "analysis.parquet")


@pytest.mark.filterwarnings(FEW)
def test_harms_that_nobody_had_are_said_to_be_of_nobody(demo: Path, tmp_path: Path) -> None:
    effects, lints, people = ran(demo, tmp_path / "out")
    said = lints.filter(pl.col("code") == "variable_of_nobody")
    assert {words.split(" ")[0] for words in said["message"]} == NOT_IN_THE_DEMO
    assert set(said["severity"]) == {"error"}
    (answer,) = effects.filter(pl.col("role") == "primary").to_dicts()
    assert answer["outcome"] == "thromboembolism"
    assert (answer["estimate"], answer["lo"], answer["hi"]) == (None, None, None)
    assert people["thromboembolism"].sum() == 0


def coded(folder: Path) -> pl.DataFrame:
    """A code for four admissions in five, written into an extract: septic or none, new or old."""
    written = []
    for path in sorted((folder / "diagnosis").rglob("*.parquet")):
        rows = pl.read_parquet(path)
        stays = pl.read_parquet(folder / "admission" / path.parent.name).sort("admission_id")
        new = stays.select(
            pl.col("admission_id").cast(rows.schema["admission_id"])
        ).with_row_index()
        new = new.filter(pl.col("index") % 5 != 0).select(
            "admission_id",
            pl.when(pl.col("index") % 3 == 0)
            .then(pl.lit("I26.90"))
            .otherwise(pl.lit("I82.40"))
            .alias("code"),
            pl.lit("ICD10CM").alias("vocabulary"),
            (pl.col("index") % 2 == 0).alias("present_on_admission"),
            pl.lit(None, rows.schema["diagnosed_at"]).alias("diagnosed_at"),
        )
        pl.concat([rows, new.select(rows.columns)]).write_parquet(path)
        written.append(new)
    return pl.concat(written)


@pytest.mark.filterwarnings(FEW)
def test_codes_that_arose_in_the_stay_are_counted_and_those_of_before_are_not(
    demo: Path, tmp_path: Path
) -> None:
    shutil.copytree(demo, tmp_path / "coded")
    new = coded(tmp_path / "coded")
    effects, lints, found = ran(tmp_path / "coded", tmp_path / "out")
    counted = new.filter(~pl.col("present_on_admission") & (pl.col("code") == "I82.40"))
    expected = set(found["admission_id"]) & set(counted["admission_id"])
    assert len(expected) > 20
    assert set(found.filter("thromboembolism")["admission_id"]) == expected
    assert found["thromboembolism"].null_count() == 0
    said = lints.filter(pl.col("code") == "variable_of_nobody")["message"]
    assert {words.split(" ")[0] for words in said} == NOT_IN_THE_DEMO - {"thromboembolism"}
    (answer,) = effects.filter(pl.col("role") == "primary").to_dicts()
    assert (answer["analysis"], answer["measure"]) == ("weighting", "RD")
    assert answer["lo"] < answer["estimate"] < answer["hi"]
