"""A synthetic native extract with raw, messy events, known truth and, on request, every defect.

The population is calibrated to the margins of Liu 2020 (see `margins`), the effect of IVIG on
28-day death is a stated number (see `outcomes`), and what was planted is listed beside it.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from ehrivig.demo import defects as catalogue
from ehrivig.demo import generate
from ehrivig.demo.build import CLEAN, MESSY, Mess
from ehrivig.demo.defects import DEFECTS, Defect
from ehrivig.demo.generate import Plan, Progress
from ehrivig.demo.study_drugs import STUDIES
from ehrivig.errors import UsageError

__all__ = ["DEFECTS", "Defect", "DemoSummary", "write_demo"]

_BLOCK = 25_000
_FEWEST, _MOST, _MOST_HOSPITALS = 50, 100_000_000, 200
# Kinds that change what all others would find in their hospital come last.
_LAST = ("hcpcs_units_as_g", "date_only_times", "pounds", "eight_hour_shift", "no_time_zone")


@dataclass(frozen=True)
class DemoSummary:
    """What was written: sizes, events per arm, rows per table, and the true effect."""

    folder: str
    synthetic: bool
    patients: int
    hospitals: int
    seed: int
    defects: str
    admissions: int
    confirmed: int
    severe: int
    exposed: int
    deaths_28d_exposed: int
    deaths_28d_control: int
    rows: dict[str, int]
    planted_rows: int
    effect_log_or: float
    dose_log_hr: float | None
    marginal_risk_difference: float | None


def write_demo(
    folder: Path,
    *,
    patients: int = 3000,
    hospitals: int = 4,
    seed: int = 20200301,
    defects: str = "messy-default",
    progress: Progress | None = None,
    effect_log_or: float = 0.0,
    dose_log_hr: float | None = None,
    block: int = _BLOCK,
    study: str | None = None,
) -> DemoSummary:
    """What was written to `folder`: a native extract with its truth under `_truth/`.

    `defects`: "messy-default" (or "default") for the usual untidiness, which a correct gate
    removes; "none"; "all" for that and every kind of the catalogue; or the name of one kind, alone.
    `effect_log_or`: the effect of IVIG on 28-day death, a conditional log odds ratio.
    `dose_log_hr`: that of each day with a dose on dying in the hospital, a conditional log hazard
    ratio; one of the two alone, and with it (0 is one) courses and stays are not as published
    (`dose_effect`).
    `block`: patients held in memory at a time; another block size is another random extract.
    `study`: a packaged study whose drugs severe patients get besides, to no effect on anything. The
    folder appears only when it is complete; an earlier synthetic extract there is replaced. Raises
    UsageError for a wrong argument or a folder that holds anything else.
    """
    plan = _plan(patients, hospitals, seed, defects, (effect_log_or, dose_log_hr), block, study)
    _refuse_foreign(folder)
    partial = folder.parent / f".{folder.name}.{os.getpid()}.partial"
    try:
        totals = generate.write_extract(partial, plan, progress or (lambda message: None))
        if folder.exists():
            shutil.rmtree(folder)
        partial.rename(folder)
    except OSError as error:
        reason = error.strerror or "cannot be written"
        raise UsageError(f"demo: {folder}: {reason}. Choose another folder.") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return _summary(folder, plan, totals)


def _plan(
    patients: int,
    hospitals: int,
    seed: int,
    defects: str,
    effects: tuple[float, float | None],
    block: int,
    study: str | None,
) -> Plan:
    """The plan for these arguments; raises UsageError."""
    effect_log_or, dose_log_hr = effects
    wrong = []
    if not _FEWEST <= patients <= _MOST:
        wrong.append(f"patients must be at least {_FEWEST}, at most {_MOST:,}")
    if not 1 <= hospitals <= min(_MOST_HOSPITALS, max(patients // 10, 1)):
        wrong.append(f"hospitals must be 1 to {_MOST_HOSPITALS}, with 10 patients each or more")
    if seed < 0:
        wrong.append("seed must not be negative")
    if not -3 <= effect_log_or <= 3:
        wrong.append("effect_log_or must be between -3 and 3")
    if dose_log_hr is not None and not -1 <= dose_log_hr <= 1:
        wrong.append("dose_log_hr must be between -1 and 1")
    if effect_log_or and dose_log_hr is not None:
        wrong.append("effect_log_or (--effect) or dose_log_hr (--dose-effect), not both: give one")
    if block < 100:
        wrong.append("block must be at least 100")
    if study is not None and study not in STUDIES:
        wrong.append(f"no drugs for the study {study!r}; there are some for {', '.join(STUDIES)}")
    if wrong:
        raise UsageError(f"demo: {'; '.join(wrong)}.")
    mess, kinds = _mess(defects)
    return Plan(
        *(patients, hospitals, seed, effect_log_or, mess, kinds, defects, block, study),
        dose_log_hr=dose_log_hr,
    )


def _mess(defects: str) -> tuple[Mess, tuple[str, ...]]:
    """The untidiness and the kinds to plant for a value of --defects."""
    if defects in ("messy-default", "default"):
        return MESSY, ()
    if defects == "none":
        return CLEAN, ()
    if defects == "all":
        early = [kind.name for kind in DEFECTS if kind.name not in _LAST]
        return MESSY, (*early, *_LAST)
    if defects not in catalogue.BY_NAME:
        known = ", ".join(kind.name for kind in DEFECTS)
        raise UsageError(
            f"demo: no defect {defects!r}. Use messy-default, none, all, or one of: {known}."
        )
    population = {
        "split_infusion": replace(CLEAN, split_infusions=True),
        "hospital_transfer": replace(CLEAN, transfers=True),
        "readmission": replace(CLEAN, readmissions=True),
        "missing_weight": replace(CLEAN, without_weight=MESSY.without_weight),
    }
    return population.get(defects, CLEAN), (defects,)


def _refuse_foreign(folder: Path) -> None:
    """Raises UsageError when the folder holds anything but a synthetic extract."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UsageError(f"demo: {folder} is a file. Choose another folder.")
    if not any(folder.iterdir()):
        return
    try:
        content = json.loads((folder / "extract.json").read_text(encoding="utf-8"))
        synthetic = content.get("synthetic") is True
    except (OSError, ValueError, AttributeError):
        synthetic = False
    if not synthetic:
        raise UsageError(
            f"demo: {folder} holds something that is not a synthetic extract. "
            "Choose a new folder, or empty this one."
        )


def _summary(folder: Path, plan: Plan, totals: generate.Totals) -> DemoSummary:
    counts, effect = totals.counts, totals.effect
    return DemoSummary(
        folder=str(folder),
        synthetic=True,
        patients=plan.patients,
        hospitals=plan.hospitals,
        seed=plan.seed,
        defects=plan.defects,
        admissions=counts["admissions"],
        confirmed=counts["confirmed"],
        severe=counts["cohort"],
        exposed=counts["exposed"],
        deaths_28d_exposed=counts["deaths_exposed"],
        deaths_28d_control=counts["deaths_control"],
        rows=dict(sorted(totals.rows.items())),
        planted_rows=sum(one.rows for one in totals.log),
        effect_log_or=plan.effect_log_or,
        dose_log_hr=plan.dose_log_hr,
        marginal_risk_difference=None
        if plan.dose_log_hr is not None
        else effect.difference / max(effect.patients, 1),
    )
