"""A run goes on from one that the gate blocked: measurements are judged anew, not made anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from fuzz.base import short_study

from ehrivig import pipeline, study
from ehrivig.demo import write_demo
from ehrivig.runs import fingerprint, history
from ehrivig.study import Quality, Study

pytestmark = [
    pytest.mark.usefixtures("more_quickly"),
    pytest.mark.filterwarnings("ignore::ehrivig.errors.NumericalWarning"),
]
TOLERANT = dict.fromkeys(
    ("admission.admitted_at_present", "admission.rows_left", "medication.exposure_left"), 0.5
)


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two hospitals; of a sixth of B's stays nobody knows when they began."""
    folder = tmp_path_factory.mktemp("gone_on") / "extract"
    write_demo(folder, patients=500, hospitals=2, defects="none")
    for path in (folder / "admission").rglob("hospital_id=B/*.parquet"):
        rows = pl.read_parquet(path, hive_partitioning=False)
        gone = pl.int_range(pl.len()) % 6 == 0
        unknown = pl.when(~gone).then("admitted_at").alias("admitted_at")
        rows.with_columns(unknown).write_parquet(path)
    return folder


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return study.load(short_study(tmp_path_factory.mktemp("study") / "short.toml"))


def judged(plan: Study, **quality: Any) -> Study:
    return plan.model_copy(update={"quality": Quality.model_validate(quality)})


def tables(out: Path) -> dict[str, bytes]:
    """What is known of the hospitals, but for who was worked on together."""
    found = [p for p in (out / "hospitals").rglob("*.parquet") if p.is_file()]
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in found}


def reused(out: Path) -> list[tuple[int, int]]:
    """Exit code and hospitals taken over, of each attempt."""
    rows = history.read(out)
    return list(rows.select("exit_code", "hospitals_reused").iter_rows())


def test_other_limits_read_only_whom_they_let_pass(
    extract: Path, plan: Study, tmp_path: Path
) -> None:
    out, fresh = tmp_path / "out", tmp_path / "fresh"
    assert "admission.admitted_at_present" in pipeline.run(judged(plan), extract, out).message
    gone_on = pipeline.run(judged(plan, thresholds=TOLERANT), extract, out)
    assert gone_on.message == "done"
    pipeline.run(judged(plan, thresholds=TOLERANT), extract, fresh)
    assert reused(out) == [(3, 0), (0, 1)]
    assert tables(out) == tables(fresh)
    assert (out / "analysis.parquet").read_bytes() == (fresh / "analysis.parquet").read_bytes()


@pytest.mark.slow
def test_another_policy_and_an_attempt_beside_a_good_run(
    extract: Path, plan: Study, tmp_path: Path
) -> None:
    """Nobody is read again to be left out; B is, to be let through."""
    out, fresh = tmp_path / "out", tmp_path / "fresh"
    pipeline.run(judged(plan), extract, out)
    pipeline.run(judged(plan, block="drop_hospital"), extract, out)
    assert reused(out)[-1] == (0, 2)
    assert set(pl.read_parquet(out / "analysis.parquet")["hospital_id"]) == {"A"}
    pipeline.run(judged(plan), extract, out)
    pipeline.run(judged(plan, thresholds=TOLERANT), extract, out)
    assert reused(out)[-2:] == [(3, 2), (0, 1)]
    pipeline.run(judged(plan, thresholds=TOLERANT), extract, fresh)
    assert tables(out) == tables(fresh)


def test_what_sets_rows_aside_is_no_verdict_alone(plan: Study) -> None:
    inputs = {"A": "content"}

    def mark(**quality: Any) -> str:
        return fingerprint.of_hospitals(judged(plan, **quality), inputs, gate_only=False)["A"]

    limits = {"thresholds": TOLERANT, "block": "drop_hospital", "arm_difference_points": 9.0}
    assert mark(**limits) == mark()
    assert mark(severities={"admission.admitted_at_date_only": "warn"}) == mark()
    assert mark(severities={"lab.hard_range": "warn"}) != mark()
    assert mark(severities={"lab.hard_range": "warn"}) == mark(severities={"lab.hard_range": "off"})
    assert mark(severities={"lab.hard_range": "quarantine"}) != mark(
        severities={"lab.hard_range": "off"}
    )
