"""Keys that stand where nothing reads them: a setting that is not heeded must not seem to be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ehrivig.study.problem import Problem
from ehrivig.study.registries import COVARIATES, OUTCOMES
from ehrivig.study.rules.reached import REACHED

if TYPE_CHECKING:
    from ehrivig.study.variables import Covariate, Outcome
    from ehrivig.study.whole import Study


def unread_keys(study: Study) -> Iterator[Problem]:
    """Keys of a variable that its kind does not read."""
    for number, variable in enumerate(study.covariates.variables):
        for key in _of_covariate(variable):
            path = ("covariates", "variables", number, key)
            yield Problem(path, _text(key, variable.source))
    for number, outcome in enumerate(study.outcomes.variables):
        for key in _of_outcome(outcome):
            yield Problem(("outcomes", "variables", number, key), _text(key, outcome.source))
    yield from _pairing(study)
    yield from _hospitals(study)


def _of_covariate(variable: Covariate) -> Iterator[str]:
    source = COVARIATES[variable.source]
    if variable.code is not None and source.codes is None:
        yield "code"
    if variable.window_hours is not None and not source.window:
        yield "window_hours"
    if variable.any_of and variable.source != "any_of":
        yield "any_of"


def _of_outcome(outcome: Outcome) -> Iterator[str]:
    if outcome.code is not None and OUTCOMES[outcome.source].codes is None:
        yield "code"
    if outcome.within_days is not None and not OUTCOMES[outcome.source].horizon:
        yield "within_days"
    if outcome.source != "lab_reached":
        yield from (key for key in REACHED if getattr(outcome, key) is not None)
    if outcome.after_discharge is not None and outcome.source != "death":
        yield "after_discharge"


def _pairing(study: Study) -> Iterator[Problem]:
    """Keys of the nearest pair, where all pairs are found together: one to one, each once."""
    if study.match.method != "optimal":
        return
    usual = type(study.match).model_fields
    for key in ("ratio", "replace", "order", "tie_rule"):
        if getattr(study.match, key) != usual[key].default:
            text = f'method = "optimal" does not read {key}: it pairs one to one, all together'
            yield Problem(("match", key), f'{text}. Remove it, or write method = "nearest"')


def _text(key: str, source: str) -> str:
    return f'nothing reads {key} where from = "{source}". Remove it'


def _hospitals(study: Study) -> Iterator[Problem]:
    """Settings of hospitals that the study leaves out by its own list."""
    listed = study.extract.hospitals
    for path, names in (
        (("quality", "hospitals"), study.quality.hospitals),
        (("extract", "drug_quantity"), study.extract.drug_quantity),
    ):
        for name in names:
            if listed and name not in listed:
                text = f"no hospital {name!r} in [extract] hospitals. Mend one of them"
                yield Problem((*path, name), text)
