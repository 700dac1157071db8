"""Everything that a study file may name, one registry per kind of thing.

An entry has its name, the list that its codes come from, a caption and one line of documentation.
Validation, the JSON schema, `docs/study.md` and the captions of the report are derived from it;
the step that does the work binds its functions to the same names. To add one: its entry here, and
its SQL file or its function (a test holds both sides together).
"""

from ehrivig.study.registries.answers import ANSWERS
from ehrivig.study.registries.concepts import CONCEPTS, SEVERITIES
from ehrivig.study.registries.covariates import COVARIATES
from ehrivig.study.registries.criteria import CRITERIA
from ehrivig.study.registries.daily import MOVING
from ehrivig.study.registries.entry import Entry, OneOf, Registry
from ehrivig.study.registries.names import NAME_LISTS, NameList
from ehrivig.study.registries.outcomes import OUTCOMES
from ehrivig.study.registries.sensitivity import SENSITIVITY

__all__ = [
    "ANSWERS",
    "CONCEPTS",
    "COVARIATES",
    "CRITERIA",
    "MOVING",
    "NAME_LISTS",
    "OUTCOMES",
    "SENSITIVITY",
    "SEVERITIES",
    "Entry",
    "NameList",
    "OneOf",
    "Registry",
]
