"""From measurements to verdicts: the study's policy, applied in a second, without the data.

A block check fails when its share is above its threshold. A quarantine check rejects its rows
whatever the threshold (verdict warn), and fails when the share is above it. A warn check warns.
`severities` of the study file replaces a check's severity ("off" removes it), `thresholds` its
threshold; both by check id.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ehrivig.errors import StudyError
from ehrivig.study import Quality, Study
from ehrivig.validate.catalogue import MESSAGES, OUTSIDE_SUITES
from ehrivig.validate.measurement import Check, Measurement, Verdict, read_measurements
from ehrivig.validate.suite import Severity, by_check

_LINES = 20
MEASUREMENTS_FILE = "measurements.parquet"
_DEFAULT_THRESHOLD: dict[str, float] = {"block": 0.0, "quarantine": 1.0, "warn": 0.0}


def severity_of(check: str, declared: Severity, quality: Quality) -> Severity | None:
    """The severity of a check under the study's policy; None when it is switched off."""
    chosen = quality.severities.get(check, declared)
    return None if chosen == "off" else chosen


def _threshold(check: str, severity: Severity, quality: Quality) -> float:
    """The study's threshold, else the suite's, else the one of a severity that was changed."""
    if check in quality.thresholds:
        return quality.thresholds[check]
    declared = by_check().get(check)
    if declared is None or declared.severity != severity:
        return _DEFAULT_THRESHOLD[severity]
    return declared.threshold


def judge(measurements: Iterable[Measurement], study: Study) -> list[Check]:
    """One check per measurement that is not switched off, in the order given.

    Raises StudyError when the study file names a check that no suite declares.
    """
    quality = study.quality
    _refuse_unknown(quality)
    checks = []
    for m in measurements:
        severity = severity_of(m.check, m.severity, quality)
        if severity is None:
            continue
        threshold = _threshold(m.check, severity, quality)
        verdict = _verdict(m, severity, threshold, quality)
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


def _verdict(m: Measurement, severity: Severity, threshold: float, quality: Quality) -> Verdict:
    """Pass, warn or fail."""
    above = m.violated > 0 and (m.denominator == 0 or m.share > threshold)
    if severity == "quarantine" and m.violated:
        return "fail" if above or quality.quarantine == "block_run" else "warn"
    if not above:
        return "pass"
    return "fail" if severity == "block" else "warn"


def _refuse_unknown(quality: Quality) -> None:
    """A misspelt check id in the policy would silently change nothing."""
    known = {*by_check(), *OUTSIDE_SUITES}
    wrong = sorted({*quality.severities, *quality.thresholds} - known)
    if wrong:
        raise StudyError(
            f"quality: no check {', '.join(wrong)}. Mend [quality] of the study file; "
            "`ehrivig check` lists the checks in quality/checks.csv."
        )


def blocked_hospitals(checks: Iterable[Check], study: Study) -> tuple[str, ...]:
    """The hospitals with at least one failed check, sorted; they go no further than the gate."""
    return tuple(sorted({check.hospital_id for check in checks if check.verdict == "fail"}))


def blocks_run(checks: Iterable[Check], study: Study) -> tuple[str, ...]:
    """The blocked hospitals whose policy is to stop the whole run, sorted.

    The others are left out, and the study runs on the rest.
    """
    quality = study.quality
    blocked = blocked_hospitals(checks, study)
    return tuple(h for h in blocked if quality.hospitals.get(h, quality.block) == "block_run")


def blocked_message(checks: Iterable[Check], hospitals: Iterable[str]) -> str:
    """What blocks the named hospitals: one line per failed check, with how to mend it."""
    wanted = set(hospitals)
    failed = [c for c in checks if c.verdict == "fail" and c.hospital_id in wanted]
    lines = [_line(check) for check in failed[:_LINES]]
    if len(failed) > _LINES:
        lines.append(f"... and {len(failed) - _LINES} more, in quality/checks.csv.")
    return f"gate: blocked hospital(s) {', '.join(sorted(wanted))}:\n  " + "\n  ".join(lines)


def _line(check: Check) -> str:
    """One failed check: what, where, how much, the limit, how to mend it."""
    share = check.violated / check.denominator if check.denominator else 1.0
    return (
        f"{check.table}: hospital {check.hospital_id}: {check.check}: {check.violated:,} of "
        f"{check.denominator:,} ({share:.1%}, limit {check.threshold:.1%}): "
        f"{message_of(check.check)} "
        f'Or change "{check.check}" in quality.thresholds or quality.severities.'
    )


def message_of(check: str) -> str:
    """What a check has found when it speaks, and how to mend it."""
    known = by_check().get(check)
    return known.message if known else MESSAGES.get(check, "See quality/index.html.")


def rejudge(run: Path, study: Study) -> list[Check]:
    """New verdicts for a finished run, from its stored measurements alone."""
    quality = run / "quality"
    stored = quality / MEASUREMENTS_FILE
    return judge(read_measurements(stored if stored.is_file() else quality / "checks.csv"), study)


@dataclass(frozen=True)
class ArmDifference:
    """Shares of rows in quarantine of the exposed and the unexposed, and their difference.

    Shares in [0, 1]; `points` is the absolute difference in percentage points; `blocked` says that
    it is larger than the limit. An arm without rows has share 0 and blocks nothing.
    """

    share_exposed: float
    share_unexposed: float
    points: float
    limit_points: float
    blocked: bool


def arm_difference(
    quarantined_exposed: int,
    rows_exposed: int,
    quarantined_unexposed: int,
    rows_unexposed: int,
    limit_points: float = 2.0,
) -> ArmDifference:
    """Whether quarantine takes more from one arm than from the other (rows read per arm)."""
    exposed = quarantined_exposed / rows_exposed if rows_exposed else 0.0
    unexposed = quarantined_unexposed / rows_unexposed if rows_unexposed else 0.0
    points = 100 * abs(exposed - unexposed) if rows_exposed and rows_unexposed else 0.0
    return ArmDifference(exposed, unexposed, points, limit_points, points > limit_points)
