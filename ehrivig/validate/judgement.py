"""From measurements to verdicts: the study's policy, applied in a second, without the data.

A block check fails when its proportion is above its threshold; where its suite says so
(`warns_below`) it warns of what that tolerates. A quarantine check rejects its rows
whatever the threshold (verdict warn), and fails when the proportion is above it. A warn check
warns; where its suite says so it fails above a second limit (`fails_above`), unless the study
itself gives it a severity or a threshold. A proportion needs some rows: fewer than `FEW` fail no
limit above 0; whether anything is left is asked apart (`validate.left`).
`severities` of the study file replaces a check's severity ("off" removes it), `thresholds` its
threshold; both by check id. What needs a calendar is off where there is none
(`validate.switched_off`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from ehrivig.contract import BY_NAME
from ehrivig.disclosure import small, small_proportion
from ehrivig.errors import StudyError
from ehrivig.study import Quality, Study
from ehrivig.validate import switched_off
from ehrivig.validate.hospitals import BY_CHECK
from ehrivig.validate.measurement import Check, Measurement, Verdict, read_measurements
from ehrivig.validate.suite import Severity, by_check
from ehrivig.validate.volume import VOLUMES

_KEYS = ("hospital_id", "admission_id", "patient_id")
FEW = 5
"""Fewer wrong rows than this are single entries, whatever their proportion."""
MEASUREMENTS_FILE = "measurements.parquet"
_DEFAULT_THRESHOLD: dict[str, float] = {"block": 0.0, "quarantine": 0.2, "warn": 0.0}


def severity_of(check: str, declared: Severity, study: Study) -> Severity | None:
    """The severity of a check under the study's policy; None when it is switched off."""
    chosen = study.quality.severities.get(check, declared)
    return None if chosen == "off" or check in switched_off.checks(study) else chosen


def _threshold(check: str, severity: Severity, quality: Quality) -> float:
    """The study's threshold, else the suite's, else the one of a severity that was changed."""
    if check in quality.thresholds:
        return quality.thresholds[check]
    declared = by_check().get(check) or BY_CHECK.get(check)
    if declared is None or declared.severity != severity:
        return _DEFAULT_THRESHOLD[severity]
    return declared.threshold


def judge(measurements: Iterable[Measurement], study: Study) -> list[Check]:
    """One check per measurement that is not switched off, in the order given.

    Raises StudyError when the study file names a check that no suite declares.
    """
    quality, off = study.quality, switched_off.checks(study)
    _refuse_unknown(quality)
    checks = []
    for m in measurements:
        severity = quality.severities.get(m.check, m.severity)
        if severity == "off" or m.check in off:
            continue
        threshold = _threshold(m.check, severity, quality)
        verdict = _verdict(m, severity, threshold, quality)
        if verdict == "pass" and severity == "block" and m.violated and _warns_below(m.check):
            verdict = "warn"
        limit = _fails_above(m.check, quality)
        if verdict == "warn" and limit is not None and m.proportion > limit and not _single(m):
            verdict, threshold = "fail", limit
        checks.append(
            Check(
                m.hospital_id,
                m.table,
                m.check,
                severity,
                m.violated,
                m.denominator,
                threshold,
                verdict,
            )
        )
    return checks


def _fails_above(check: str, quality: Quality) -> float | None:
    """The proportion above which a warning is none any more; None where there is no such limit."""
    declared = by_check().get(check)
    chosen = check in quality.severities or check in quality.thresholds
    return None if chosen or declared is None else declared.fails_above


def _warns_below(check: str) -> bool:
    """Whether what a block check tolerates is worth a warning."""
    declared = by_check().get(check) or BY_CHECK.get(check)
    return declared is not None and declared.warns_below


def _verdict(m: Measurement, severity: Severity, threshold: float, quality: Quality) -> Verdict:
    """Pass, warn or fail."""
    above = m.violated > 0 and (m.denominator == 0 or m.proportion > threshold)
    above = above and not (threshold > 0 and _single(m))
    if severity == "quarantine" and m.violated:
        return "fail" if above or quality.quarantine == "block_run" else "warn"
    if not above:
        return "pass"
    return "fail" if severity == "block" else "warn"


def _single(m: Measurement) -> bool:
    """Whether what is wrong are single entries."""
    return m.violated < FEW


def _refuse_unknown(quality: Quality) -> None:
    """A misspelt check id in the policy would silently change nothing."""
    known = {*by_check(), *BY_CHECK}
    wrong = sorted({*quality.severities, *quality.thresholds} - known)
    if wrong:
        raise StudyError(
            f"quality: no check {', '.join(wrong)}. Mend [quality] of the study file; "
            "`ehrivig check` lists the checks in quality/checks.csv."
        )


def line_of(check: Check, smallest: int = 0) -> str:
    """One failed check: what, where, how much, the limit, how to mend it.

    Of a count below `smallest`, or of which fewer are left, only that is said. 1 of 1 is the
    hospital itself: no count says more than the message.
    """
    proportion = check.violated / check.denominator if check.denominator else 1.0
    counts = f"{check.violated:,} of {check.denominator:,} ({proportion:.1%}"
    over = BY_CHECK.get(check.check)
    hidden = small_proportion(check.violated, check.denominator, smallest)
    if hidden and (over is None or over.of_people):
        few = small(check.violated, smallest)
        counts = f"{'few' if few else 'nearly all'} of {check.denominator:,} (not told how many"
    elif check.check in VOLUMES:
        now = check.denominator - check.violated
        counts = (
            f"{now:,} rows now, {check.denominator:,} then, {check.violated:,} are missing "
            f"({proportion:.1%}"
        )
    counted = f"{counts}, limit {check.threshold:.1%}): " if check.denominator != 1 else ""
    return (
        f"{check.table}: hospital {check.hospital_id}: {check.check}: {counted}"
        f"{message_of(check.check)}{_columns(check)} "
        f'Or change "{check.check}" in quality.thresholds or quality.severities.'
    )


def _columns(check: Check) -> str:
    """Of a check of a suite, the columns that it looks at, where its message names none of them."""
    declared = by_check().get(check.check)
    if declared is None:
        return ""
    asked = f"{declared.kwargs.get('condition', '')} {declared.kwargs.get('column', '')}"
    asked += str(declared.kwargs.get("counts", ""))
    names = [
        name
        for name in BY_NAME[check.table].names
        if name not in _KEYS and re.search(rf"\b{name}\b", asked)
    ]
    if not names or any(name in declared.message for name in names):
        return ""
    return f" It looks at {', '.join(names)}."


def message_of(check: str) -> str:
    """What a check has found when it speaks, and how to mend it."""
    known = by_check().get(check) or BY_CHECK.get(check)
    return known.message if known else "See quality/index.html."


def rejudge(run: Path, study: Study) -> list[Check]:
    """New verdicts for a finished run, from its stored measurements alone."""
    quality = run / "quality"
    stored = quality / MEASUREMENTS_FILE
    return judge(read_measurements(stored if stored.is_file() else quality / "checks.csv"), study)
