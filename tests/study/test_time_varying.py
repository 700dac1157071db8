"""`time_varying` in [analysis]: which names it takes, and which studies have no use for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ehrivig import study as studies
from ehrivig.errors import StudyError
from ehrivig.study.protocol import items

TEXT = (Path(studies.__file__).parent / "packaged" / "ivig_covid19.toml").read_text("utf-8")
KEY = "grace_hours = 48"
DESIGNS = '"landmark", "time_dependent_cox", "sequential_trials", "clone_censor_weight",'


def refused(tmp_path: Path, value: str, *changes: tuple[str, str]) -> str:
    """Why a study with that value is refused; empty where it is not."""
    text = TEXT.replace(KEY, f"{KEY}\ntime_varying = {value}")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "mine.toml"
    path.write_text(text, "utf-8")
    try:
        studies.load(str(path))
    except StudyError as error:
        return str(error)
    return ""


def test_severity_and_its_parts_are_known_names(tmp_path: Path) -> None:
    assert refused(tmp_path, '["sofa", "sofa_renal"]') == ""
    assert refused(tmp_path, "[]") == ""


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ('["sofas"]', "sofa"),
        ('["apache_ii"]', "analysis.time_varying"),
        ('["sofa", "sofa"]', "'sofa' is listed twice"),
        ('"sofa"', "analysis.time_varying"),
    ],
)
def test_other_names_are_refused(tmp_path: Path, value: str, said: str) -> None:
    assert said in refused(tmp_path, value)


def test_a_study_without_a_design_that_reads_it_is_refused(tmp_path: Path) -> None:
    answer = ('analysis = "clone_censor_weight"', 'analysis = "landmark"')
    measure = ('measure = "RD"', 'measure = "HR"')
    said = refused(tmp_path, '["sofa"]', answer, measure, (DESIGNS, '"landmark",'))
    assert "analysis.time_varying: no analysis of this study reads it: landmark compares" in said
    kept = (DESIGNS, '"landmark", "sequential_trials",')
    assert refused(tmp_path, '["sofa"]', answer, measure, kept) == ""


def test_a_refusal_ends_with_exit_code_2() -> None:
    assert StudyError.exit_code == 2


def test_it_is_of_the_protocol_of_a_study_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(TEXT.replace(KEY, f'{KEY}\ntime_varying = ["sofa"]'), "utf-8")
    moved, still = studies.load(str(path)), studies.load("ivig_covid19")
    told, untold = (
        next(item.emulation for item in items(one) if item.part == "Assignment")
        for one in (moved, still)
    )
    assert told.endswith("; and, for who starts on a later day, sofa as known when it begins.")
    assert "when it begins" not in untold
    assert moved.digest != still.digest
