"""The head of the report: the declared answer, its risks, and whether to believe it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import polars as pl

from ehrivig.figures import digits
from ehrivig.report.table import RunTables, estimate_text, minus, p_text, signed, typeset
from ehrivig.stats.no_estimate import reason
from ehrivig.stats.result import DIFFERENCES
from ehrivig.study import Study
from ehrivig.study.immortal_time import immortal_time
from ehrivig.study.registries import ANSWERS

MEASURES = {
    "RD": "difference in risk",
    "RR": "risk ratio",
    "OR": "odds ratio",
    "HR": "hazard ratio",
    "MD": "difference of means",
}
_SHARE = re.compile(r"^(largest )?share |, as a share ")
"""How the meaning of a diagnostic begins that is a share of people."""
_IMMORTAL = " That contrast holds immortal time: whoever died early could not be treated."
NEEDED = "number needed to treat for one "


@dataclass(frozen=True)
class Bar:
    """The risk of one arm, in percent, with its interval."""

    label: str
    risk: float
    lo: float
    hi: float


@dataclass(frozen=True)
class Answer:
    """The answer in one sentence, its risks, its foot, the verdict, and the published contrast.

    `estimated`: whether there is an estimate; else the sentence says why there is none.
    """

    sentence: str
    bars: list[Bar]
    foot: str
    verdict: str
    chips: list[tuple[str, str]]
    as_published: str
    estimated: bool = True


def answer(run: RunTables, study: Study) -> Answer | None:
    """The answer of a run; None where it has no effects."""
    effects, checks = run.read("effects.csv"), run.read("diagnostics.csv")
    if effects.is_empty() or "role" not in effects.columns:
        return None
    rows = effects.filter(pl.col("role") == "primary").to_dicts()
    if not rows:
        return None
    row = rows[0]
    return Answer(
        _sentence(row, study),
        _bars(row, study),
        _foot(row, study),
        _verdict(row, checks),
        [] if checks.is_empty() else [(_words(r), r["verdict"]) for r in checks.to_dicts()],
        _published(effects, study),
        row["estimate"] is not None,
    )


def _verdict(row: dict[str, Any], checks: pl.DataFrame) -> str:
    """Whether to believe the answer; nothing to believe where there is none."""
    if checks.is_empty():
        return ""
    return "There is no estimate to believe." if row["estimate"] is None else verdict(checks)


def _sentence(row: dict[str, Any], study: Study) -> str:
    event = row["event_label"]
    if row["estimate"] is None:
        return f"No estimate of {event}: {reason(row['note'])}."
    estimate, lo, hi = _numbers(row)
    if row["measure"] == "MD" and study.primary.unit:
        estimate += f" {typeset(study.primary.unit)}"
    said = f"{MEASURES[row['measure']]} {estimate} (95% CI {lo} to {hi})"
    if None in (row["risk_exposed"], row["risk_control"]):
        return f"{event[0].upper()}{event[1:]}: {said}."
    return (
        f"{event[0].upper()}{event[1:]}: {row['risk_exposed']:.1%} if given "
        f"{study.exposure.label}, {row['risk_control']:.1%} if not; {said}."
    )


def _numbers(row: dict[str, Any]) -> list[str]:
    """The answer and its limits, alike in digits; a difference in risk in percentage points."""
    values = [row[name] for name in ("estimate", "lo", "hi")]
    if row["measure"] == "RD":
        texts = ["" if value is None else signed(100 * value, ".1f") for value in values]
        texts[0] += " points"
    elif row["measure"] in DIFFERENCES:
        texts = [minus(text) for text in digits.alike(*values)]
    else:
        texts = digits.ratios(*values)
    return [text or "?" for text in texts]


def _bars(row: dict[str, Any], study: Study) -> list[Bar]:
    bars = []
    for arm, label in (("exposed", study.exposure.label), ("control", "Not given")):
        values = [row[f"risk_{arm}{end}"] for end in ("", "_lo", "_hi")]
        if None not in values:
            bars.append(Bar(label, *(100 * value for value in values)))
    return bars


def _foot(row: dict[str, Any], study: Study) -> str:
    """How it was found: the analysis, the people, p, and the number needed to treat."""
    parts = [ANSWERS[study.answer].caption, row["contrast"], row["estimand"] or ""]
    parts += [part for part in (row["note"] or "").split("; ") if "left out" in part]
    if row["p"] is not None:
        parts.append(f"p {p_text(row['p'])}")
    if row["measure"] == "RD" and row["estimate"]:
        parts.append(needed(row["estimate"], row["lo"], row["hi"]))
    return "; ".join(filter(None, parts)) + "."


def needed(difference: float, lo: float | None, hi: float | None) -> str:
    """The number needed to treat, or to harm; across no effect the interval runs to infinity.

    Source: Altman 1998.
    """
    harm = "harm" if difference > 0 else "benefit"
    said = f"{NEEDED}{harm} {abs(1 / difference):.0f}"
    if lo is None or hi is None or lo == 0 or hi == 0:
        return said
    if lo < 0 < hi:
        return f"{said} (benefit {-1 / lo:.0f} to infinity to harm {1 / hi:.0f})"
    ends = sorted((abs(1 / lo), abs(1 / hi)))
    return f"{said} ({ends[0]:.0f} to {ends[1]:.0f})"


def verdict(checks: pl.DataFrame) -> str:
    """Whether the answer may be read as an effect, in one sentence."""
    failed = checks.filter(pl.col("verdict") == "fail")
    opened = checks.filter(pl.col("verdict") == "not assessed")
    hidden = checks.filter(pl.col("verdict") == "not shown")
    assessed = checks.height - opened.height - hidden.height
    said = f"{assessed - failed.height} of {assessed} diagnostics pass"
    if unknown := [_plain(n) for n in opened.filter(pl.col("decides"))["diagnostic"].to_list()]:
        said += f"; nobody can say of {', '.join(unknown)}"
    if of_few := [_plain(n) for n in hidden["diagnostic"].to_list()]:
        said += f"; not shown, for it is of few people: {', '.join(of_few)}"
    decisive = failed.filter(pl.col("decides"))
    if decisive.height:
        if besides := failed.filter(~pl.col("decides"))["diagnostic"].to_list():
            said += f"; fails as well: {', '.join(map(_plain, besides))}"
        names = ", ".join(_plain(name) for name in decisive["diagnostic"].to_list())
        return f"The estimate should not be read as an effect: {names} ({said})."
    if hidden["decides"].any():
        return f"Nobody can say from here whether the estimate may be read as an effect: {said}."
    if failed.height:
        names = ", ".join(_plain(name) for name in failed["diagnostic"].to_list())
        return f"Read with care: {names} ({said})."
    return f"Nothing that was checked speaks against it: {said}."


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _words(row: dict[str, Any]) -> str:
    if row["value"] is None:
        return _plain(row["diagnostic"])
    share = _SHARE.search(row.get("meaning") or "")
    value = f"{100 * row['value']:.3g}%" if share else f"{row['value']:.3g}"
    return f"{_plain(row['diagnostic'])} {value}"


def _published(effects: pl.DataFrame, study: Study) -> str:
    """The published contrast of a reproduction, named as what it is."""
    rows = effects.filter(pl.col("role") == "reproduction", pl.col("analysis") == "table3").head(1)
    immortal = _IMMORTAL if immortal_time(study) else ""
    for row in rows.iter_rows(named=True):
        if row["estimate"] is not None:
            return (
                f"As published ({row['contrast']}, matched, crude): {row['measure']} "
                f"{estimate_text(row)}.{immortal}"
            )
    return ""
