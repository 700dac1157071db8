"""Moribund discharge: who left against advice is counted as dead, as a sensitivity analysis.

Where families take the dying home, such a discharge hides a death that the record never sees.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from ehrivig import disclosure
from ehrivig.analysis.effects import EffectRows, Question
from ehrivig.analysis.models import crude, versus
from ehrivig.analysis.sample import Sample, matched_effect
from ehrivig.analysis.sensitivity.answer import answers
from ehrivig.analysis.survival import followed_up
from ehrivig.dataset import exposed, values
from ehrivig.errors import AnalysisError
from ehrivig.stats.result import Effect
from ehrivig.study import Study

STATUS, LEFT_DAYS = "discharge_status", "discharge_days"


@answers("moribund_discharge")
def moribund_discharge(sample: Sample, study: Study, rows: EffectRows) -> None:
    """Rows of analysis "moribund_discharge": the primary outcome with such discharges as events.

    Needs columns `discharge_status` and `discharge_days` (time zero to discharge) of the table. A
    discharge counts when it lies within the horizon of the outcome. Where an arm has fewer of them
    than may be shown, the numbers are not shown: their difference to the main row would tell it. So
    it is where few of the unmatched have one, whom everybody and the matched tell together.
    """
    primary = study.primary
    label = f"{primary.event_label}, or discharge against advice"
    for population, people in sample.populations:
        question = Question("moribund_discharge", versus(study), primary.name, population, label)

        def compute(people: pl.DataFrame = people, population: str = population) -> Effect:
            counted, changed = counted_as_dead(people, study)
            _, every = counted_as_dead(sample.table, study)
            least, rest = study.report.smallest_cell, zip(every, changed, strict=True)
            if any(disclosure.small(n, least) for n in (*changed, *(a - b for a, b in rest))):
                raise AnalysisError(f"an arm has fewer than {least} such discharges: suppressed")
            if population == "matched":
                effect = replace(matched_effect(counted, study), event_label=label)
            else:
                event, arm = values(counted, primary.name), exposed(counted)
                effect = crude(event, arm, label, "association, unadjusted")
            note = f"{changed[0]} and {changed[1]} discharges counted as deaths"
            return replace(effect, notes=(*effect.notes, note))

        rows.ask(question, compute)


def counted_as_dead(people: pl.DataFrame, study: Study) -> tuple[pl.DataFrame, tuple[int, int]]:
    """The table with discharges against advice as events, and how many that changed per arm.

    Exposed first. Raises AnalysisError when the extract has no discharge status, or when the
    primary outcome is no death.
    """
    if STATUS not in people.columns or people[STATUS].null_count() == people.height:
        raise AnalysisError("the extract has no discharge status")
    if not followed_up(study):
        raise AnalysisError("the primary outcome is no death")
    primary = study.primary
    left = pl.col(STATUS) == "against_advice"
    if primary.within_days is not None:
        left &= pl.col(LEFT_DAYS) <= primary.within_days
    moribund = left.fill_null(False)
    changed = moribund & ~pl.col(primary.name).fill_null(False)
    counts = people.select(
        (changed & pl.col("exposed")).sum().alias("exposed"),
        (changed & ~pl.col("exposed")).sum().alias("control"),
    ).row(0)
    event = pl.when(moribund).then(True).otherwise(pl.col(primary.name)).alias(primary.name)
    return people.with_columns(event), (int(counts[0]), int(counts[1]))
