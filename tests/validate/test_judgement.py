"""From what was counted to a verdict, and the line that tells it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ehrivig import study
from ehrivig.errors import StudyError
from ehrivig.study import Study
from ehrivig.validate import judgement
from ehrivig.validate.measurement import (
    Check,
    Measurement,
    frame_of_checks,
    write_measurements,
)

PLAN = study.load("ivig_covid19")
Counts = tuple[int, int]


def plan(**quality: object) -> Study:
    """The study with another policy."""
    return PLAN.model_copy(update={"quality": PLAN.quality.model_copy(update=quality)})


def verdict(check: str, severity: str, counts: Counts, **quality: object) -> tuple[str, float]:
    """The verdict, and the limit that it names."""
    one = Measurement("A", check.partition(".")[0], check, severity, *counts)  # type: ignore[arg-type]
    (found,) = judgement.judge([one], plan(**quality))
    return found.verdict, found.threshold


@pytest.mark.parametrize(
    ("check", "severity", "counts", "said"),
    [
        ("lab.row_aligned", "block", (0, 100), ("pass", 0)),
        ("lab.row_aligned", "block", (1, 100), ("fail", 0)),
        ("lab.row_aligned", "block", (0, 0), ("pass", 0)),
        ("lab.row_aligned", "block", (1, 0), ("fail", 0)),  # of no row that it applies to
        ("patient.sex_accepted", "block", (0, 100), ("pass", 0.05)),
        ("patient.sex_accepted", "block", (5, 100), ("warn", 0.05)),  # tolerated, and told
        ("patient.sex_accepted", "block", (6, 100), ("fail", 0.05)),
        ("patient.sex_accepted", "block", (4, 10), ("warn", 0.05)),  # single entries
        ("study.exposure_known", "block", (10, 100), ("warn", 0.1)),
        ("study.exposure_known", "block", (11, 100), ("fail", 0.1)),
        ("lab.rows_left", "block", (10, 100), ("pass", 0.1)),
        ("lab.hard_range", "quarantine", (0, 100), ("pass", 0.05)),
        ("lab.hard_range", "quarantine", (1, 100), ("warn", 0.05)),
        ("lab.hard_range", "quarantine", (5, 100), ("warn", 0.05)),
        ("lab.hard_range", "quarantine", (6, 100), ("fail", 0.05)),
        ("lab.hard_range", "quarantine", (4, 10), ("warn", 0.05)),
        ("lab.hard_range", "quarantine", (5, 10), ("fail", 0.05)),
        ("lab.soft_range", "warn", (5, 100), ("pass", 0.05)),
        ("lab.soft_range", "warn", (6, 100), ("warn", 0.05)),
        ("lab.soft_range", "warn", (50, 100), ("warn", 0.05)),
        ("lab.soft_range", "warn", (51, 100), ("fail", 0.5)),  # a warning no more
        ("patient.person_is_one", "warn", (4, 100), ("warn", 0)),
        ("patient.person_is_one", "warn", (5, 100), ("fail", 0.01)),
    ],
)
def test_the_verdict_of_the_suites(
    check: str, severity: str, counts: Counts, said: tuple[str, float]
) -> None:
    assert verdict(check, severity, counts) == said


@pytest.mark.parametrize(
    ("check", "severity", "counts", "quality", "said"),
    [
        ("lab.row_aligned", "block", (10, 100), {"thresholds": 0.1}, ("pass", 0.1)),
        ("lab.row_aligned", "block", (11, 100), {"thresholds": 0.1}, ("fail", 0.1)),
        ("lab.row_aligned", "block", (99, 100), {"severities": "warn"}, ("warn", 0)),
        ("lab.row_aligned", "block", (20, 100), {"severities": "quarantine"}, ("warn", 0.2)),
        ("lab.row_aligned", "block", (21, 100), {"severities": "quarantine"}, ("fail", 0.2)),
        ("lab.hard_range", "quarantine", (5, 100), {"severities": "quarantine"}, ("warn", 0.05)),
        ("lab.soft_range", "warn", (1, 100), {"severities": "block"}, ("fail", 0)),
        # who said something of it knows: it warns, however many there are
        ("lab.soft_range", "warn", (60, 100), {"severities": "warn"}, ("warn", 0.05)),
        ("lab.soft_range", "warn", (60, 100), {"thresholds": 0.02}, ("warn", 0.02)),
    ],
)
def test_the_verdict_of_a_study_that_says_otherwise(
    check: str, severity: str, counts: Counts, quality: dict[str, object], said: tuple[str, float]
) -> None:
    asked = {name: {check: value} for name, value in quality.items()}
    assert verdict(check, severity, counts, **asked) == said


@pytest.mark.parametrize(("counts", "said"), [((0, 100), "pass"), ((1, 100), "fail")])
def test_a_study_may_stop_for_every_row_that_is_set_aside(counts: Counts, said: str) -> None:
    assert verdict("lab.hard_range", "quarantine", counts, quarantine="block_run")[0] == said
    assert verdict("lab.soft_range", "warn", (6, 100), quarantine="block_run")[0] == "warn"


def test_a_check_that_is_off_has_no_verdict() -> None:
    measured = [
        Measurement("A", "lab", check, "warn", 9, 10)
        for check in ("lab.soft_range", "lab.censored")
    ]
    off = plan(severities={"lab.soft_range": "off"})
    assert [one.check for one in judgement.judge(measured, off)] == ["lab.censored"]
    assert judgement.severity_of("lab.soft_range", "warn", off) is None
    assert judgement.severity_of("lab.censored", "warn", off) == "warn"
    block = plan(severities={"lab.censored": "block"})
    assert judgement.severity_of("lab.censored", "warn", block) == "block"


def test_what_needs_a_calendar_has_no_verdict_without_one() -> None:
    measured = [
        Measurement("A", "lab", check, "warn", 9, 10)
        for check in ("lab.collected_at_before_extract", "lab.censored")
    ]
    shifted = PLAN.model_copy(
        update={"extract": PLAN.extract.model_copy(update={"dates": "shifted"})}
    )
    assert [one.check for one in judgement.judge(measured, shifted)] == ["lab.censored"]
    assert judgement.severity_of("lab.collected_at_before_extract", "warn", shifted) is None
    assert len(judgement.judge(measured, PLAN)) == 2


@pytest.mark.parametrize(
    "quality",
    [
        {"thresholds": {"lab.x": 0.1, "lab.a": 0.1}},
        {"severities": {"lab.a": "off", "lab.x": "off"}},
    ],
)
def test_a_check_that_nobody_declares_is_refused(quality: dict[str, object]) -> None:
    with pytest.raises(StudyError, match=r"no check lab\.a, lab\.x\. Mend"):
        judgement.judge([], plan(**quality))


def line(check: str, violated: int, of: int, smallest: int = 5) -> str:
    table = check.partition(".")[0]
    return judgement.line_of(
        Check("A", table, check, "block", violated, of, 0.05, "fail"), smallest
    )


@pytest.mark.parametrize(
    ("check", "counts", "said"),
    [
        ("lab.hard_range", (1600, 20000), "1,600 of 20,000 (8.0%, limit 5.0%)"),
        ("lab.hard_range", (5, 0), "5 of 0 (100.0%, limit 5.0%)"),
        ("lab.hard_range", (3, 100), "few of 100 (not told how many, limit 5.0%)"),
        ("lab.hard_range", (97, 100), "nearly all of 100 (not told how many, limit 5.0%)"),
        ("lab.hard_range", (5, 10), "5 of 10 (50.0%"),
        ("lab.hard_range", (1, 2), "few of 2 (not told how many"),
        ("study.exposure_known", (3, 100), "few of 100 (not told"),
        ("study.hospital_set", (2, 3), "2 of 3 (66.7%"),  # hospitals are no patients
        ("lab.sent", (1, 1), "No rows of lab, though"),
        ("lab.volume", (6000, 9000), "3,000 rows now, 9,000 then, 6,000 are missing (66.7%, limit"),
        ("lab.volume", (2, 9000), "few of 9,000 (not told"),
    ],
)
def test_how_many_are_told(check: str, counts: Counts, said: str) -> None:
    assert f": hospital A: {check}: {said}" in line(check, *counts)


def test_every_count_is_told_where_none_is_small() -> None:
    assert "lab.hard_range: 1 of 100 (1.0%" in line("lab.hard_range", 1, 100, smallest=0)


@pytest.mark.parametrize(
    ("check", "columns"),
    [
        ("patient.death_before_extract", " It looks at death_at."),  # of a condition
        ("lab.time_shift", " It looks at collected_at."),  # of counts
        ("patient.sex_accepted", ""),  # its message names the column
        ("patient.patient_id_repeated", ""),  # a key
        ("lab.result_present", ""),  # its message names one of two
        ("lab.unit_mixup", ""),  # a query
        ("study.exposure_known", ""),
    ],
)
def test_a_line_names_the_columns_that_its_message_does_not(check: str, columns: str) -> None:
    said = line(check, 9, 100)
    assert (
        f'{judgement.message_of(check)}{columns} Or change "{check}" in quality.thresholds' in said
    )


def test_a_message_says_what_was_found_and_of_an_unknown_check_where_to_look() -> None:
    assert judgement.message_of("lab.row_aligned").startswith("the unit is a number")
    assert judgement.message_of("study.exposure_known").startswith("people of the cohort")
    assert judgement.message_of("lab.x") == "See quality/index.html."


def test_a_finished_run_is_judged_by_what_it_stored(tmp_path: Path) -> None:
    """By its measurements; by the table of checks of a run that kept no more."""
    (tmp_path / "quality").mkdir()
    one = Measurement("A", "lab", "lab.hard_range", "quarantine", 6, 100)
    checks = judgement.judge([one], PLAN)
    frame_of_checks(checks).write_csv(tmp_path / "quality" / "checks.csv")
    assert judgement.rejudge(tmp_path, PLAN) == checks
    other = Measurement("A", "lab", "lab.hard_range", "quarantine", 5, 100)
    write_measurements([other], tmp_path / "quality" / judgement.MEASUREMENTS_FILE)
    assert [one.verdict for one in judgement.rejudge(tmp_path, PLAN)] == ["warn"]
