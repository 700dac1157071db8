"""One policy: `check`, `run` and `check --rejudge` give one answer to a failing check."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest
from fuzz.base import content, short_study, small_extract

from ehrivig import pipeline, study
from ehrivig.errors import GateBlocked
from ehrivig.study import Study
from ehrivig.validate import Check, gate

pytestmark = pytest.mark.usefixtures("more_quickly")


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_extract(tmp_path_factory.mktemp("policy") / "extract", patients=120)


@pytest.fixture(scope="module")
def weightless(extract: Path) -> Path:
    """The same extract, hospital B without a weight."""
    folder = extract.parent / "weightless"
    shutil.copytree(extract, folder)
    for path in (folder / "admission" / "hospital_id=B").glob("*.parquet"):
        rows = pl.read_parquet(path)
        rows.with_columns(weight_kg=pl.lit(None, pl.Float64)).write_parquet(path)
    return folder


def plan(folder: Path, **quality: object) -> Study:
    """A study that asks for a hospital that is not there, and for what is to be done then."""
    named = {"hospitals": ["A", "B"]}
    path = short_study(folder / "study.toml", quality=quality, extract=named)
    return study.load(path)


def test_a_failure_of_no_single_hospital_stops_every_command(extract: Path, tmp_path: Path) -> None:
    """With "drop_hospital": there is no hospital that could be left out."""
    late = content()["outcomes"]["variables"][0]["name"]
    wrong = plan(tmp_path, block="drop_hospital")
    match = wrong.match.model_copy(update={"covariates": (*wrong.match.covariates, late)})
    wrong = wrong.model_copy(update={"match": match})
    check = pipeline.check(wrong, extract, tmp_path / "check")
    again = pipeline.rejudge(wrong, tmp_path / "check")
    run = pipeline.run(wrong, extract, tmp_path / "run")
    for found in (check, again, run):
        assert (found.exit_code, found.hospitals, found.dropped_hospitals) == (3, ["A", "B"], [])
        assert "study.post_baseline_covariate" in found.message
    assert check.message == again.message == run.message


@pytest.mark.parametrize(
    ("quality", "exit_code", "dropped"),
    [
        ({"block": "drop_hospital"}, 0, ["B"]),
        ({"block": "block_run"}, 3, ["B"]),
        ({"block": "drop_hospital", "hospitals": {"B": "block_run"}}, 3, ["B"]),
    ],
)
def test_a_failing_hospital_is_left_out_or_stops_the_run_as_the_study_says(
    weightless: Path,
    tmp_path: Path,
    quality: dict[str, object],
    exit_code: int,
    dropped: list[str],
) -> None:
    weight = "admission.weight_kg_present"
    asked = plan(tmp_path, severities={weight: "block"}, thresholds={weight: 0.5}, **quality)
    check = pipeline.check(asked, weightless, tmp_path / "out")
    again = pipeline.rejudge(asked, tmp_path / "out")
    for found in (check, again):
        assert (found.exit_code, found.hospitals) == (exit_code, ["A", "B"])
        assert found.dropped_hospitals == dropped
    assert check.message == again.message


def test_a_hospital_that_could_not_be_read_is_left_out_of_both(
    extract: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "x"
    shutil.copytree(extract, folder)
    damaged = next((folder / "lab" / "hospital_id=B").glob("*.parquet"))
    damaged.write_bytes(damaged.read_bytes()[:-100])
    asked = plan(tmp_path, block="drop_hospital")
    check = pipeline.check(asked, folder, tmp_path / "out")
    again = pipeline.rejudge(asked, tmp_path / "out")
    for found in (check, again):
        assert (found.exit_code, found.hospitals, found.dropped_hospitals) == (0, ["A"], ["B"])


@pytest.mark.parametrize(("failed", "lines", "rest"), [(20, 20, ""), (21, 21, "... and 1 more")])
def test_a_message_names_at_most_twenty_checks(failed: int, lines: int, rest: str) -> None:
    plan = study.load("ivig_covid19")
    checks = [Check("A", "lab", f"lab.c{n}", "block", 5, 9, 0.0, "fail") for n in range(failed)]
    decision = gate.decide(
        [*checks, Check("B", "lab", "x", "block", 5, 9, 0.0, "pass")], plan, "AB"
    )
    head, *told = decision.message.splitlines()
    assert head == "gate: blocked hospital(s) A:"
    assert len(told) == lines
    assert decision.blocked
    assert told[-1].strip().startswith(rest or "lab")
    with pytest.raises(GateBlocked, match="blocked hospital"):
        decision.enforce()


def test_what_stops_a_run_and_what_leaves_a_hospital_out() -> None:
    plan = study.load("ivig_covid19")
    quality = plan.quality.model_copy(
        update={"block": "drop_hospital", "hospitals": {"C": "block_run"}}
    )
    plan = plan.model_copy(update={"quality": quality})

    def decided(*failing: str, unreadable: tuple[str, ...] = ()) -> gate.Decision:
        checks = [Check(name, "lab", "x", "block", 5, 9, 0.0, "fail") for name in failing]
        return gate.decide(checks, plan, "ABC", unreadable)

    assert decided() == gate.Decision((), (), False, "")
    assert decided("B") == gate.Decision(("B",), ("B",), False, "")
    assert decided("B", unreadable=("A",)).dropped == ("A", "B")
    assert [decided(name).blocked for name in ("A", "C", "all")] == [False, True, True]
    assert decided("all").dropped == ()
    assert decided("A", "B", unreadable=("C",)).blocked
    assert gate.stops_run(plan, "C")
    assert not gate.stops_run(plan, "A")
    nobody = gate.decide([], plan, ())
    assert not nobody.blocked
