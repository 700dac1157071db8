"""Everything that a run keeps of its gate."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ehrivig import validate
from ehrivig.study import Study
from ehrivig.validate.judgement import MEASUREMENTS_FILE
from ehrivig.validate.quality import numbers
from ehrivig.validate.quality.page import EarlierRun, page
from ehrivig.validate.result import HospitalResult


def write(
    folder: Path,
    study: Study,
    hospitals: Sequence[HospitalResult],
    checks: list[validate.Check],
    dropped: Sequence[str] = (),
    earlier: Sequence[EarlierRun] = (),
    *,
    simulated: bool = False,
) -> None:
    """Write checks, measurements, and both HTML reports, of a run whose datasets are written.

    `dropped`: hospitals left out by the policy. `earlier`: runs before this one, oldest first.
    `simulated`: the extract is synthetic.
    """
    target = folder / "quality"
    target.mkdir(parents=True, exist_ok=True)
    validate.frame_of_checks(checks).write_csv(target / "checks.csv")
    measured = [m for hospital in hospitals for m in hospital.measurements]
    validate.write_measurements(measured, target / MEASUREMENTS_FILE)
    numbers.reasons(folder).write_csv(target / "reasons.csv")
    numbers.aggregate(folder, "completeness").write_csv(target / "completeness.csv")
    html = page(folder, study, hospitals, checks, dropped, earlier, simulated=simulated)
    (target / "index.html").write_text(html, encoding="utf-8")
    validate.write_data_docs(checks, target / "data_docs")
