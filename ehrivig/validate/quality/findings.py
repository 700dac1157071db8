"""What was found, one line per check with all hospitals beside it, worst first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ehrivig.disclosure import small
from ehrivig.validate.judgement import message_of
from ehrivig.validate.measurement import Check
from ehrivig.validate.quality.strips import strip
from ehrivig.validate.suite import by_check

WORST = {"pass": 0, "warn": 1, "fail": 2}
_MOST_NAMED = 8
"""Hospitals that a line names; of more it says how many there are."""


@dataclass(frozen=True)
class Finding:
    """A check that did not pass somewhere.

    `rows`: the rows that violate it in all hospitals, or at least so many where a hospital has few;
    `share`: the largest of a hospital, and of how many rows, which are those that the check judges.
    """

    verdict: str
    check: str
    strip: Markup
    where: str
    rows: str
    share: str
    limit: str
    message: str
    treatment: str


def findings(checks: Sequence[Check], hospitals: Sequence[str], smallest: int) -> list[Finding]:
    """Every check that did not pass: those that fail first, in most hospitals, by most rows."""
    found: dict[str, list[Check]] = {}
    for check in checks:
        found.setdefault(check.check, []).append(check)
    wrong = [of for of in found.values() if any(check.verdict != "pass" for check in of)]
    wrong.sort(key=_harm)
    return [_finding(of, hospitals, smallest) for of in wrong]


def _harm(of: list[Check]) -> tuple[int, int, float, str]:
    """What comes first: failures, then many hospitals, then a large share."""
    fails, warns = (_count(of, verdict) for verdict in ("fail", "warn"))
    return -fails, -warns if not fails else 0, -max(map(_share, of)), of[0].check


def _finding(of: list[Check], hospitals: Sequence[str], smallest: int) -> Finding:
    declared = by_check().get(of[0].check)
    verdict = max((check.verdict for check in of), key=lambda name: WORST[name])
    wrong = [check for check in of if check.verdict != "pass"]
    marks = {check.hospital_id: check.verdict for check in of}
    return Finding(
        verdict,
        of[0].check,
        strip([marks.get(name, "") for name in hospitals], _said(of)),
        _where([check for check in wrong if check.verdict == verdict], len(of)),
        _rows(wrong, smallest),
        _largest(wrong, smallest),
        f"{max(check.threshold for check in wrong):.0%}",
        message_of(of[0].check),
        declared.treatment if declared else "",
    )


def _said(of: list[Check]) -> str:
    counts = {verdict: _count(of, verdict) for verdict in ("fail", "warn", "pass")}
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)


def _where(worst: list[Check], of: int) -> str:
    """The hospitals with the worst verdict: all of them, or the first by name."""
    names = sorted(check.hospital_id for check in worst)
    if of > 1 and len(names) == of:
        return f"all {of}"
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _rows(wrong: list[Check], smallest: int) -> str:
    """All rows; where a hospital has few, at least those of the others."""
    shown = [check.violated for check in wrong if not small(check.violated, smallest)]
    if len(shown) == len(wrong):
        return f"{sum(shown):,}"
    return f"\u2265{sum(shown):,}" if shown and sum(shown) else f"<{smallest} each"


def _largest(wrong: list[Check], smallest: int) -> str:
    """The largest share of a hospital, of those whose rows are not few.

    And of how many rows, unless few of them do not violate the check.
    """
    told = [c for c in wrong if c.denominator and not small(c.violated, smallest)]
    if not told:
        return ""
    most = max(told, key=lambda check: (_share(check), check.denominator))
    said = f"{_share(most):.1%}" if _share(most) >= 0.001 else "<0.1%"
    few_left = small(most.denominator - most.violated, smallest)
    return said if few_left else f"{said} of {most.denominator:,}"


def _share(check: Check) -> float:
    return check.violated / check.denominator if check.denominator else 0.0


def _count(of: list[Check], verdict: str) -> int:
    return sum(check.verdict == verdict for check in of)
