"""Words by which a reader tells rows apart: no two rows of one table by the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ehrivig.study.lines import Path
from ehrivig.study.problem import Problem, shown

if TYPE_CHECKING:
    from ehrivig.study.whole import Study

Row = tuple[Path, str, tuple[str, ...]]
"""Place of a label, name of its item, and the words that a reader tells it by."""
_STEPS = {
    "read": "the first row of the flow chart",
    "all": "the name of all hospitals together",
}
"""Names that rows of attrition.csv have anyway."""


def equal_labels(study: Study) -> Iterator[Problem]:
    """Items of a list that the tables would show by the same words."""
    for what, rows in _labelled(study).items():
        seen: dict[tuple[str, ...], str] = {}
        for path, name, words in rows:
            plain = tuple(_plain(word) for word in words)
            if seen.get(plain, name) != name:
                yield Problem(
                    path,
                    f"{shown(words[0])} is the label of the {what} {seen[plain]} too: their rows "
                    "could not be told apart. Rename one",
                )
            seen.setdefault(plain, name)


def _labelled(study: Study) -> dict[str, list[Row]]:
    """Kind of item -> the rows that its tables show."""
    at, covariates = ("cohort", "criteria"), ("covariates", "variables")
    return {
        "criterion": [
            ((*at, n, "label"), one.name, (one.label,))
            for n, one in enumerate(study.cohort.criteria)
        ],
        "outcome": [
            (("outcomes", "variables", n, "label"), one.name, (one.label,))
            for n, one in enumerate(study.outcomes.variables)
        ],
        "subgroup": [
            (("analysis", "subgroups", n, "label"), one.name, (one.label,))
            for n, one in enumerate(study.analysis.subgroups)
        ],
        "covariate": [
            ((*covariates, n, "label"), one.name, (one.label, one.group))
            for n, one in enumerate(study.covariates.variables)
        ],
        "band": [
            (("exposure", "bands", n, key), band.name, (getattr(band, key),))
            for n, band in enumerate(study.exposure.bands)
            for key in ("low_label", "high_label")
        ],
    }


def _plain(words: str) -> str:
    return " ".join(words.casefold().split())


def taken_criteria(study: Study) -> Iterator[Problem]:
    """Criteria by the name of a row that attrition.csv has anyway."""
    for number, criterion in enumerate(study.cohort.criteria):
        taken = _STEPS.get(criterion.name)
        if criterion.name == "untreated_before" and criterion.rule != "untreated_before":
            taken = "the name of the rule by which who was treated before is left out"
        if taken:
            path = ("cohort", "criteria", number, "name")
            yield Problem(path, f"{shown(criterion.name)} is {taken}. Give it another name")
