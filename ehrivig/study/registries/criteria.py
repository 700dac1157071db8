"""The rules by which an admission stays in the cohort: `rule` in [cohort] criteria.

The step is `cohort`. A rule that one hospital can judge needs nothing but its entry and the query
`sql/cohort/rule_<name>.sql`.
"""

from __future__ import annotations

from dataclasses import dataclass

from ehrivig.study.registries.entry import Entry, Registry
from ehrivig.study.registries.names import CONCEPT_NAMES, CONDITIONS, PATHOGENS, NameList

EVIDENCE: dict[str, NameList] = {
    "pathogen": PATHOGENS,
    "condition": CONDITIONS,
    "concept": CONCEPT_NAMES,
}
"""The keys of one piece of evidence of rule `any_of`, and the list that each takes names from."""


@dataclass(frozen=True)
class Rule(Entry):
    """One rule. `needs`: the keys of which at least one must be given.

    `network`: judged when all hospitals have met, not inside one. `timed`: met from some moment of
    the stay on, which may be later than the admission.
    """

    needs: tuple[str, ...] = ()
    network: bool = False
    timed: bool = False


CRITERIA = Registry(
    "rule",
    (
        Rule("period", "Study period", "Admitted in `period` of [extract], whole days."),
        Rule("age", "Age", "Aged between `min` and `max` years at admission.", ("min", "max")),
        Rule(
            "any_of",
            "Any of several kinds of evidence",
            "Has any of the evidence in `any_of`: a pathogen, a condition, a clinical definition.",
            ("any_of",),
            timed=True,
        ),
        Rule(
            "index_admission",
            "Index admission",
            "The person's first such admission in all hospitals.",
            network=True,
        ),
        Rule(
            "length_of_stay",
            "Length of stay",
            "Stayed between `min` and `max` hours.",
            ("min", "max"),
            timed=True,
        ),
        Rule("severity", "Severity", "Meets the definition `severity` of [cohort].", timed=True),
        Rule(
            "untreated_before",
            "New user",
            "Was not given the exposure drug before the exposure window opens.",
        ),
        Rule(
            "treated_before",
            "Given a comparator",
            "Was given a drug of the list `codelist` by time zero, as both arms of an "
            "active-comparator design are.",
            ("codelist",),
        ),
    ),
)
