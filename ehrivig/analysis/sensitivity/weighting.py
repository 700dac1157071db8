"""Weighted estimates beside the matched ones, of everybody with a score."""

from __future__ import annotations

from ehrivig.analysis import weighting
from ehrivig.analysis.effects import EffectRows
from ehrivig.analysis.sample import Sample
from ehrivig.analysis.sensitivity.answer import answers
from ehrivig.study import Study


@answers("weighting")
def weighted(sample: Sample, study: Study, rows: EffectRows) -> None:
    """Rows of analysis "weighting": each weighting that the study names, in its order."""
    weighting.weighting(sample.table, sample.score, study, rows)
