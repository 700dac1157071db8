"""An estimate of a run against the pool of published trials: which one, and how far apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ehrivig.errors import UsageError
from ehrivig.meta.aggregates import AGGREGATE_FILE, read_aggregate
from ehrivig.meta.intervals import critical_value, standard_error, two_sided_p
from ehrivig.meta.lint import Lint
from ehrivig.meta.measures import MEASURES, Measure
from ehrivig.meta.pooled import Pooled
from ehrivig.meta.trials import Trials, read_table

EFFECTS_FILE = "effects.csv"
MOST_ROWS = 12
_LEVEL = 0.95
"""Of the intervals of a run."""
_FILTERS = ("analysis", "contrast", "outcome", "model", "measure")
_DEATH = ("death", "mortality", "dead", "died", "fatal")


@dataclass(frozen=True)
class OurEffect:
    """One estimate of a run (a row of effects.csv), its limits on the measure's own scale."""

    analysis: str
    contrast: str
    outcome: str
    event_label: str
    model: str
    measure: str
    estimate: float
    lo: float
    hi: float
    role: str = ""
    note: str = ""

    @property
    def name(self) -> str:
        """What the estimate is called beside others; the answer of the study by that name."""
        role = {"primary": "the answer", "reproduction": "reproduction", "crude": "crude"}
        return ", ".join(part for part in (role.get(self.role), self.analysis, self.model) if part)


@dataclass(frozen=True)
class Comparison:
    """One of our estimates against the pool of published trials.

    `difference` is ours against theirs: a ratio of ratios, or a difference of differences, with a
    normal interval that takes both as independent. `inside` says whether ours lies in the
    prediction interval of the trials; None without one.
    """

    ours: OurEffect
    difference: float
    lo: float
    hi: float
    p: float
    inside: bool | None


def effects_file(path: Path) -> Path:
    """The effects table itself, or that of a run folder."""
    return path / EFFECTS_FILE if path.is_dir() else path


def read_effects(path: Path) -> tuple[OurEffect, ...]:
    """The estimates of a run that have an interval, the answer of the study first.

    Raises UsageError when there are none.
    """
    file = effects_file(path)
    table, lines, _ = read_table(file)
    wanted = ("analysis", "contrast", "outcome", "event_label", "model", "measure")
    missing = [name for name in (*wanted, "estimate", "lo", "hi") if name not in table]
    if missing:
        raise UsageError(f"{file}: not an effects table; it lacks {', '.join(missing)}.")
    effects = []
    for row in range(len(lines)):
        numbers = [_number(table[name][row]) for name in ("estimate", "lo", "hi")]
        measure = MEASURES.get(table["measure"][row])
        if measure and _drawable(measure, numbers):
            texts = {n: table[n][row] for n in (*wanted, "role", "note") if n in table}
            estimate, lo, hi = numbers
            effects.append(OurEffect(**texts, estimate=estimate, lo=lo, hi=hi))
    if not effects:
        raise UsageError(f"{file}: no row has an estimate with an interval. Look at the run first.")
    effects = [_in_doubt(effect, path) for effect in effects]
    return tuple(sorted(effects, key=lambda effect: effect.role != "primary"))


def _in_doubt(effect: OurEffect, path: Path) -> OurEffect:
    """The answer of a run with what its aggregate says of whether to believe it."""
    beside = effects_file(path).parent / AGGREGATE_FILE
    if effect.role != "primary" or not beside.is_file():
        return effect
    notes = [one.note for one in read_aggregate(beside) if one.role == "primary" and one.note]
    return replace(effect, note=notes[0]) if notes else effect


def choose(effects: Sequence[OurEffect], wanted: dict[str, str | None]) -> tuple[OurEffect, ...]:
    """The rows that fit; outcome and contrast of the first one where they are not named.

    Raises UsageError when none fits, or more than can be drawn.
    """

    def fit(filters: dict[str, str | None]) -> list[OurEffect]:
        return [
            effect
            for effect in effects
            if all(value in (None, getattr(effect, name)) for name, value in filters.items())
        ]

    named = ", ".join(f"{name} = {value}" for name, value in wanted.items() if value)
    rows = fit(wanted)
    if not rows:
        known = "; ".join(
            f"{name}: {', '.join(dict.fromkeys(getattr(effect, name) for effect in effects))}"
            for name in _FILTERS
        )
        raise UsageError(f"compare: no row of the run fits {named}. It has {known}.")
    first = rows[0]
    rest = {n: wanted.get(n) or getattr(first, n) for n in ("outcome", "contrast")}
    rows = fit(wanted | rest)
    if len(rows) > MOST_ROWS:
        raise UsageError(
            f"compare: {len(rows)} rows fit {named}, at most {MOST_ROWS} can be drawn. Narrow the "
            "choice by analysis or model."
        )
    return tuple(rows)


def with_answer(
    chosen: Sequence[OurEffect], effects: Sequence[OurEffect], measure: str
) -> tuple[OurEffect, ...]:
    """The rows chosen, with the answer of the run before them where it is of that measure."""
    answers = [e for e in effects if e.role == "primary" and e.measure == measure]
    fitting = [e for e in answers if e not in chosen and e.outcome == chosen[0].outcome]
    return (*fitting, *chosen)


def against(ours: OurEffect, pooled: Pooled) -> Comparison:
    """One of our estimates against the published pool, as if independent."""
    measure = pooled.measure
    theta, se = _on_scale(ours, measure)
    difference = theta - pooled.theta
    spread = math.hypot(se, pooled.se)
    half = critical_value(pooled.plan.level) * spread
    known = math.isfinite(pooled.pi_lo)
    return Comparison(
        ours=ours,
        difference=measure.from_scale(difference),
        lo=measure.from_scale(difference - half),
        hi=measure.from_scale(difference + half),
        p=two_sided_p(difference / spread),
        inside=pooled.pi_lo <= ours.estimate <= pooled.pi_hi if known else None,
    )


def orientation_lints(ours: Sequence[OurEffect], trials: Trials) -> list[Lint]:
    """Our estimates whose event is not the trials' event: an OR of survival beside one of death."""
    outcomes = set(trials.columns.get("outcome", ()))
    deadly = bool(outcomes) and all(any(w in o.lower() for w in _DEATH) for o in outcomes)
    wrong = [
        effect
        for effect in ours
        if deadly
        and effect.event_label
        and not any(word in effect.event_label.lower() for word in _DEATH)
    ]
    return [
        Lint(
            "event_differs",
            "error",
            f"Our event is {effect.event_label!r}, the trials count {', '.join(sorted(outcomes))}: "
            "the two must not be compared.",
            {"estimate": effect.estimate},
            f"{effect.analysis}, {effect.model}",
        )
        for effect in wrong
    ]


def answer_lints(ours: Sequence[OurEffect], path: Path) -> list[Lint]:
    """The declared answer of the run that none of the rows is: another measure, or no estimate."""
    table, _, _ = read_table(effects_file(path))
    if "role" not in table or any(effect.role == "primary" for effect in ours):
        return []
    answers = [row for row, role in enumerate(table["role"]) if role == "primary"]
    if not answers:
        return []
    first = answers[0]
    measure, contrast = table["measure"][first], table["contrast"][first]
    why = f"it is {measure}, which is not compared here" if measure else "it has no estimate"
    return [
        Lint(
            "answer_not_compared",
            "error",
            f"No row below is the declared answer of the run ({contrast}): {why}. What stands here "
            "is not the answer; declare one of the measure of the trials, or read the run's report",
        )
    ]


def _on_scale(ours: OurEffect, measure: Measure) -> tuple[float, float]:
    """Effect and standard error on the analysis scale."""
    lo, hi = measure.value_to_scale(ours.lo), measure.value_to_scale(ours.hi)
    return measure.value_to_scale(ours.estimate), standard_error(lo, hi, _LEVEL)


def _drawable(measure: Measure, numbers: Sequence[float]) -> bool:
    """Whether an estimate has an interval that can be drawn and compared."""
    estimate, lo, hi = numbers
    finite = all(map(math.isfinite, numbers))
    return finite and lo <= estimate <= hi and lo < hi and (not measure.ratio or lo > 0)


def _number(text: str) -> float:
    """A cell as a number, NaN where it is empty or none."""
    try:
        return float(text)
    except ValueError:
        return math.nan
