"""The primary outcome in pairs by the large-scale score: what nobody thought of is balanced too."""

from __future__ import annotations

from ehrivig.analysis.effects import EffectRows, Question
from ehrivig.analysis.main_effects import crude_effects
from ehrivig.analysis.mean_differences import crude_difference
from ehrivig.analysis.models import versus
from ehrivig.analysis.sample import Sample, matched_target
from ehrivig.analysis.sensitivity.answer import answers
from ehrivig.errors import AnalysisError
from ehrivig.stats.result import Effect
from ehrivig.study import Study

POPULATION = "matched, large-scale score"


@answers("large_scale")
def by_large_scale_score(sample: Sample, study: Study, rows: EffectRows) -> None:
    """Rows of analysis "large_scale": odds ratio, risk difference and ratio; of a number the MD."""
    other = sample.large_scale
    assert other is not None, "a study that asks for the score has it learned"
    primary, until = study.primary, study.analysis.large_scale_until_hours
    coded = f"coded until {until:g} h after time zero" if until else ""
    note = "; ".join(said for said in (other.note, coded) if said)
    asked = (versus(study), primary.name, POPULATION, primary.event_label)
    target = matched_target(sample.table, other.matched, study.report.smallest_cell)
    question = Question("large_scale", *asked, note=note, target=target)
    if other.matched.is_empty():
        rows.ask(question, lambda: _none(other.why_none))
        return
    compute = crude_difference if primary.unit else crude_effects
    compute(other.matched, question, study, rows)


def _none(why: str) -> Effect:
    raise AnalysisError(why)
