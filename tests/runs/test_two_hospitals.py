"""One of two hospitals is blocked by a check: the study runs on the other, and says so."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest
from fuzz.base import short_study
from fuzz.quick_pages import quick_pages

from ehrivig import pipeline, study
from ehrivig.demo import write_demo


@pytest.fixture(scope="module")
def mixed_up(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """An extract of two hospitals, and the one whose creatinine is in another unit."""
    folder = tmp_path_factory.mktemp("two") / "extract"
    write_demo(folder, patients=900, hospitals=2, defects="unit_mixup")
    return folder, pl.read_csv(folder / "_truth" / "defects.csv")["hospital_id"][0]


def run(files: Path, place: Path, **sections: dict[str, object]) -> pipeline.RunSummary:
    place.mkdir()
    plan = study.load(short_study(place / "study.toml", **sections))
    with quick_pages():
        return pipeline.run(plan, files, place / "out")


def test_the_study_runs_on_the_rest_and_says_so(mixed_up: tuple[Path, str], tmp_path: Path) -> None:
    extract, blocked = mixed_up
    (kept,) = {"A", "B"} - {blocked}
    summary = run(extract, tmp_path / "rest", quality={"block": "drop_hospital"})
    assert (summary.exit_code, summary.dropped_hospitals) == (0, [blocked])
    alone = run(extract, tmp_path / "alone", extract={"hospitals": [kept]})
    assert alone.exit_code == 0
    rest, only = tmp_path / "rest" / "out", tmp_path / "alone" / "out"
    for name in ("attrition.csv", "effects.csv", "balance.csv"):
        assert (rest / name).read_bytes() == (only / name).read_bytes(), name

    spent = pl.read_csv(rest / "ledger.csv").filter(pl.col("hospital_id") == blocked)
    assert spent["rows_read"].sum() > 0
    assert spent["rows_used"].sum() == 0
    checks = pl.read_csv(rest / "quality" / "checks.csv").filter(pl.col("verdict") == "fail")
    assert checks.select("hospital_id", "check").rows() == [(blocked, "lab.unit_mixup")]
    words = f"left out by the data gate: {blocked}"
    assert words in plain((rest / "report.html").read_text(encoding="utf-8"))
    drawn = [plain(p.read_text(encoding="utf-8")) for p in (rest / "figures").glob("*flow*.svg")]
    assert any(words in text for text in drawn)


def plain(markup: str) -> str:
    """The words of a page or a figure."""
    return " ".join(re.sub(r"<[^>]+>", " ", markup).split())
