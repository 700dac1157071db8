"""Everything that a run keeps of its gate."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ehrivig import validate
from ehrivig.quality import gathering
from ehrivig.quality.gathering import GatedHospital
from ehrivig.quality.page import EarlierRun, page
from ehrivig.study import Study
from ehrivig.validate.judgement import MEASUREMENTS_FILE


def write(
    folder: Path,
    study: Study,
    hospitals: Sequence[GatedHospital],
    checks: list[validate.Check],
    dropped: Sequence[str] = (),
    earlier: Sequence[EarlierRun] = (),
) -> None:
    """Write checks, measurements, the quarantine of all hospitals, and both HTML reports.

    `dropped`: hospitals left out by the policy. `earlier`: runs before this one, oldest first.
    """
    target = folder / "quality"
    target.mkdir(parents=True, exist_ok=True)
    validate.frame_of_checks(checks).write_csv(target / "checks.csv")
    measured = [m for hospital in hospitals for m in hospital.measurements]
    validate.write_measurements(measured, target / MEASUREMENTS_FILE)
    gathering.merge_quarantine(hospitals, folder)
    gathering.reasons(folder).write_csv(target / "reasons.csv")
    gathering.aggregate(hospitals, "completeness").write_csv(target / "completeness.csv")
    html = page(folder, study, hospitals, checks, dropped, earlier)
    (target / "index.html").write_text(html, encoding="utf-8")
    validate.write_data_docs(checks, target / "data_docs")
