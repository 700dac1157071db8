"""What each row of effects.csv is there for; exactly one is the declared answer.

primary: the answer of [study.estimand]. safe: another design free of immortal time, adjusted for
what is known at time zero, from which on everybody was eligible. reproduction: a contrast with
immortal time, in a study that declares to repeat a published one. crude: compares people as they
are, unadjusted or told apart by what happened later; no effect. sensitivity: everything asked
beside.
"""

from __future__ import annotations

from typing import Any

from ehrivig.analysis.effects import EffectRows, Question
from ehrivig.analysis.models import versus
from ehrivig.errors import AnalysisError
from ehrivig.stats.result import Effect
from ehrivig.study import Study
from ehrivig.study.registries import ANSWERS

PRIMARY, SAFE, REPRODUCTION = "primary", "safe", "reproduction"
CRUDE, SENSITIVITY = "crude", "sensitivity"
COMPARISONS = ("main", "weighting", "time_zero")
"""The analyses whose rows compare the arms on the primary outcome, each by its design."""


def assign(rows: EffectRows, study: Study, *, late: bool = False) -> None:
    """Give every row its role. Where the answer has no row, one says that it has no estimate.

    `late`: too many were eligible after time zero only, so that no design is safe.
    """
    for row in rows.rows:
        role = _role(row, study)
        row["role"] = SENSITIVITY if late and role == SAFE else role
    answers = [row for row in rows.rows if _answers(row, study)]
    if not answers:
        rows.ask(_unanswered(study), lambda: _no_row(study))
        answers = rows.rows[-1:]
    answers[0]["role"] = PRIMARY


def _answers(row: dict[str, Any], study: Study) -> bool:
    """Whether a row is what the estimand asks for; of an analysis without a number, its reason."""
    if row["design"] != study.answer or row["outcome"] != study.primary.name:
        return False
    return row.get("measure") in (None, study.answer_measure)


def _role(row: dict[str, Any], study: Study) -> str:
    if row["naive"]:
        return REPRODUCTION if study.study.reproduction else CRUDE
    if row["analysis"] not in COMPARISONS:
        return CRUDE if row["analysis"] == "table3" else SENSITIVITY
    if row["outcome"] != study.primary.name:
        return SENSITIVITY
    return SAFE if row["adjusted"] or row["population"] == "matched" else CRUDE


def _unanswered(study: Study) -> Question:
    primary = study.primary
    return Question(
        "main",
        versus(study),
        primary.name,
        "all",
        primary.event_label,
        immortal=not ANSWERS[study.answer].death,
        adjusted=True,
        design=study.answer,
    )


def _no_row(study: Study) -> Effect:
    raise AnalysisError(
        f"{study.answer} gives no {study.answer_measure} here. Name another analysis or measure in "
        "[study.estimand]"
    )
