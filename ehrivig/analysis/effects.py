"""Effect rows: every contrast with its event, counts, model, variance and population.

An analysis that cannot give a number leaves a row that says why; it does not stop a run.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from ehrivig import disclosure
from ehrivig.dataset import HOSPITAL
from ehrivig.errors import AnalysisError, NumericalWarning, SeparationError
from ehrivig.stats.no_estimate import IMPOSSIBLE
from ehrivig.stats.result import OF_NUMBERS, Effect
from ehrivig.stats.tables import multiplicity
from ehrivig.stats.timezero.clone_curves import StrategyCurves
from ehrivig.study.admitted import Admitted

OWN_MODEL = ("table_s2", "missing_data")
"""Analyses of everybody that adjust for the variables of [analysis] adjust, not for the score."""

SCHEMA: dict[str, Any] = {
    "analysis": pl.String,
    "contrast": pl.String,
    "outcome": pl.String,
    "event_label": pl.String,
    "model": pl.String,
    "measure": pl.String,
    "estimate": pl.Float64,
    "lo": pl.Float64,
    "hi": pl.Float64,
    "p": pl.Float64,
    "p_holm": pl.Float64,
    "n_exposed": pl.Int64,
    "events_exposed": pl.Int64,
    "n_control": pl.Int64,
    "events_control": pl.Int64,
    "population": pl.String,
    "se": pl.Float64,
    "p_bh": pl.Float64,
    "variance": pl.String,
    "estimand": pl.String,
    "family": pl.String,
    "adjusted": pl.Boolean,
    "note": pl.String,
    "role": pl.String,
    **{
        f"risk_{arm}{end}": pl.Float64
        for arm in ("exposed", "control")
        for end in ("", "_lo", "_hi")
    },
}


OF_PAIRS = ("matched", "matched, complete case")
"""The populations of a question that are the pairs of the run."""
NO_PAIR = "there is no matched pair"


@dataclass(frozen=True)
class Question:
    """What is asked: the analysis, who is compared with whom, on which outcome, among whom.

    `immortal`: whether the exposed are told apart by what happens after time zero; the rows then
    carry the run's warning. `counted`: whether people and events are told; beside those of
    everybody they may tell of few who are in both arms. `cautioned`: whether the caution of its
    outcome holds of it. `split`: see `EffectRows`. `design`: which of `registries.answers` it is,
    for what can be the answer. `target`: among whom other pairs than those of the run estimate.
    """

    analysis: str
    contrast: str
    outcome: str
    population: str
    event_label: str = ""
    family: str = ""
    adjusted: bool = False
    note: str = ""
    split: str = ""
    immortal: bool = True
    counted: bool = True
    cautioned: bool = True
    design: str = ""
    target: str = ""


@dataclass
class EffectRows:
    """The effect rows of a run, in the order in which they were asked for.

    Questions of one `split` divide one population: where one part is too small to show, none of
    the parts is shown, since the whole minus the others would show it. `warning` goes into the
    note of every row whose exposure is defined by what happened after time zero; `admitted` into
    that of every row that rests on variables which follow time zero. `target`: among whom matching
    estimates ("ATT" where every exposed has a match). `strategies`: the curves of an outcome's two
    strategies, where a design has them; `designs`: of each design and outcome the question that was
    asked first, and its effects as they were found. `cautions`: outcome -> what each row of an
    effect on it says. `pairless`: there is no pair, which is then why nothing of the matched can be
    estimated. A p is adjusted within its family before anything is hidden: what is hidden
    was tested all the same.
    """

    smallest: int
    warning: str = ""
    admitted: Admitted = field(default_factory=Admitted)
    target: str = "ATT"
    pairless: bool = False
    rows: list[dict[str, Any]] = field(default_factory=list)
    strategies: dict[str, StrategyCurves] = field(default_factory=dict)
    designs: dict[tuple[str, str], tuple[Question, list[Effect]]] = field(default_factory=dict)
    cautions: Mapping[str, str] = field(default_factory=dict)
    hidden_splits: set[str] = field(default_factory=set)
    uncounted_splits: set[str] = field(default_factory=set)

    def ask(self, question: Question, compute: Callable[[], Effect | list[Effect]]) -> None:
        """Add the rows of one question, or one row that says why there is no number."""
        with warnings.catch_warnings(record=True) as raised:
            warnings.simplefilter("always")
            try:
                found = compute()
            except (AnalysisError, np.linalg.LinAlgError, FloatingPointError) as error:
                of_pairs = question.population in OF_PAIRS and not question.target
                why = NO_PAIR if self.pairless and of_pairs else _reason(error)
                self.rows.append(self._failed(question, why))
                return
        notes = [str(w.message) for w in raised if issubclass(w.category, NumericalWarning)]
        effects = found if isinstance(found, list) else [found]
        if question.design:
            self.designs.setdefault((question.design, question.outcome), (question, effects))
        for effect in effects:
            self.rows.append(self._row(question, effect, notes))

    def _row(self, question: Question, effect: Effect, raised: list[str]) -> dict[str, Any]:
        cells = [
            (effect.events_exposed, effect.n_exposed),
            (effect.events_control, effect.n_control),
        ]
        hidden = disclosure.any_small(cells, self.smallest)
        # A crude estimate and one known arm give the hidden count away; an adjusted one does not.
        told = not hidden or question.adjusted
        notes = [self._warned(question), *(effect.notes if told else ()), *raised]
        if hidden:
            self.hidden_splits |= {question.split} - {""}
            notes.append(f"a cell is below {self.smallest}: counts are suppressed")
        if any(disclosure.small(n, self.smallest) for _, n in cells):
            self.uncounted_splits |= {question.split} - {""}
        sizes = {"n_exposed": effect.n_exposed, "n_control": effect.n_control}
        row: dict[str, Any] = {
            **_asked(question),
            "event_label": effect.event_label or question.event_label,
            "model": effect.method,
            "measure": effect.measure,
            **{k: None if disclosure.small(n, self.smallest) else n for k, n in sizes.items()},
            "variance": effect.variance,
            "estimand": effect.estimand.replace("ATT", question.target or self.target),
            "note": _joined(notes),
            "tested": effect.p,
            "naive": self._naive(question),
        }
        if not question.counted:
            row |= dict.fromkeys(sizes)
        elif not hidden and effect.measure not in OF_NUMBERS:
            row |= {
                "events_exposed": effect.events_exposed,
                "events_control": effect.events_control,
            }
        if told:
            numbers = ("estimate", "lo", "hi", "p", "se")
            row |= {name: _finite(getattr(effect, name)) for name in numbers}
            row |= _risks(effect)
        return row

    def _failed(self, question: Question, reason: str) -> dict[str, Any]:
        """The row of an analysis that could not give a number."""
        return {
            **_asked(question),
            "event_label": question.event_label,
            "note": _joined([self._warned(question), f"{IMPOSSIBLE}{reason}"]),
            "tested": 1.0,
            "naive": self._naive(question),
        }

    def _naive(self, question: Question) -> bool:
        """Whether the exposed are told apart by what happened after time zero."""
        said = "immortal time" in question.note
        return said or (question.immortal and bool(self.warning))

    def _warned(self, question: Question) -> str:
        """The question's own note, with the run's warnings where they apply and are not said."""
        late = self._late(question)
        needless = not question.immortal or "immortal time" in question.note
        caution = self.cautions.get(question.outcome, "") if question.cautioned else ""
        return _joined([caution, question.note, "" if needless else self.warning, late])

    def _late(self, question: Question) -> str:
        """What of the rows of a question follows time zero; the safe designs leave it out.

        All of them say until when after time zero their covariates were measured.
        """
        said, everybody = self.admitted, question.population.startswith("all")
        if everybody and not question.adjusted:
            return ""
        if not question.immortal:
            return said.matched_hours
        if everybody and question.analysis in OWN_MODEL:
            return _joined([said.adjusted, said.adjusted_hours])
        return _joined([said.matched, said.matched_hours])

    def frame(self) -> pl.DataFrame:
        """All rows, with p-values adjusted inside each declared family."""
        shown = [self._protected(row) for row in self.rows]
        frame = pl.DataFrame(
            [{key: row.get(key) for key in SCHEMA} for row in shown], schema=SCHEMA
        )
        if frame.is_empty():
            return frame
        p = np.array([row["tested"] for row in self.rows], dtype=float)
        family = frame["family"].to_list()
        holm, bh = np.full(len(p), np.nan), np.full(len(p), np.nan)
        for name in sorted({f for f in family if f}):
            member = np.array([f == name for f in family]) & ~np.isnan(p)
            if member.any():
                holm[member] = multiplicity.holm(p[member])
                bh[member] = multiplicity.benjamini_hochberg(p[member])
        told = pl.col("p").is_not_null()
        return frame.with_columns(
            pl.when(told).then(pl.Series(name, values).fill_nan(None)).alias(name)
            for name, values in (("p_holm", holm), ("p_bh", bh))
        )

    def _protected(self, row: dict[str, Any]) -> dict[str, Any]:
        """A row without what would tell a hidden part of its split."""
        if row["split"] in self.uncounted_splits:
            row = {**row, "n_exposed": None, "n_control": None}
        if row["split"] not in self.hidden_splits:
            return row
        hidden = ["events_exposed", "events_control"]
        if not row["adjusted"]:
            hidden += ["estimate", "lo", "hi", "p", "se", *(n for n in SCHEMA if n[:5] == "risk_")]
        note = row["note"]
        if "a cell is below" not in note:
            note = _joined([note, "suppressed: another part of this split is below it"])
        return {**row, **dict.fromkeys(hidden), "note": note}


def _reason(error: Exception) -> str:
    """Why there is no number; of a separated model with what a study file can do about it."""
    if not isinstance(error, SeparationError):
        return str(error)
    if HOSPITAL in error.columns:
        cure = "Leave that hospital out ([extract] hospitals), do without the hospital ([match] "
        cure += "hospital), "
        return f"{error.fact} {cure}or name another analysis in [study.estimand]"
    return (
        f"{error.fact} Take what separates out of [match] covariates or [analysis] adjust, coarsen "
        "it, or name another analysis in [study.estimand]"
    )


def _asked(question: Question) -> dict[str, Any]:
    return {
        "analysis": question.analysis,
        "contrast": question.contrast,
        "outcome": question.outcome,
        "population": question.population,
        "family": question.family,
        "adjusted": question.adjusted,
        "split": question.split,
        "design": question.design,
    }


def _risks(effect: Effect) -> dict[str, float | None]:
    """The risk of each arm and its limits."""
    if effect.risks is None:
        return {}
    found = {}
    for arm, risk in zip(("exposed", "control"), effect.risks, strict=True):
        for end, value in (("", risk.estimate), ("_lo", risk.lo), ("_hi", risk.hi)):
            found[f"risk_{arm}{end}"] = _finite(value)
    return found


def _joined(notes: Iterable[str]) -> str:
    """Notes in one text, each once."""
    return "; ".join(dict.fromkeys(filter(None, notes)))


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
