"""Groups made after time zero are refused without a time-zero-safe twin, before anything runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ehrivig import study
from ehrivig.demo import write_demo

DESIGNS = '"landmark", "time_dependent_cox", "sequential_trials", "clone_censor_weight",'


def without_twin(folder: Path) -> Path:
    """The packaged study, no reproduction, without any time-zero-safe design."""
    text = study.locate("ivig_covid19").read_text(encoding="utf-8")
    assert DESIGNS in text
    text = text.replace(DESIGNS, "")
    text = text.replace("reproduction = true", "reproduction = false")
    text = text.replace("clone_censor_weight", "aipw")
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path


def command(plan: Path, extract: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """`ehrivig run` in a process of its own."""
    words = ["run", str(plan), "--extract", str(extract), "--out", str(out), "--quiet"]
    call = [sys.executable, "-m", "ehrivig.cli", *words]
    return subprocess.run(call, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "extract"
    write_demo(folder, patients=100)
    return folder


def test_late_long_and_high_groups_without_a_twin_are_refused(
    extract: Path, tmp_path: Path
) -> None:
    plan = without_twin(tmp_path)
    done = command(plan, extract, tmp_path / "out")
    assert done.returncode == 2
    for word in ("'dose'", "'timing'", "'duration'", "reproduction = true"):
        assert word in done.stderr
    assert not (tmp_path / "out").exists()
