"""Settings that are given and change nothing: a reader would believe that they do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ehrivig.study.doubts.acute import acute_names
from ehrivig.study.doubts.doubt import Doubt
from ehrivig.study.problem import shown
from ehrivig.study.rules.later import why_late

if TYPE_CHECKING:
    from ehrivig.study.whole import Study

_CODE = "unused_setting"
_OF_OMOP = ("drug_quantity", "drug_types_given", "emergency_visits", "hospital_level")
_SHIPPED_OTHERS = ("native", "clif", "eicu", "mimic_iv", "mimic_iii", "synthea_csv")
_READ_TOO = {"synthea_csv": ("emergency_visits",)}
"""Keys of OMOP that another layout reads as well."""


def unused_settings(study: Study) -> Iterator[Doubt]:
    """A period without its rule, names admitted for nothing, keys of another layout."""
    yield from _period(study)
    yield from _admitted_for_nothing(study)
    yield from _of_another_layout(study)


def _period(study: Study) -> Iterator[Doubt]:
    """A study period that no criterion applies: a reader would believe that it was."""
    if study.extract.period is None or any(c.rule == "period" for c in study.cohort.criteria):
        return
    yield Doubt(
        ("extract", "period"),
        "period of [extract] is applied by no criterion: admissions of all times are in. Add a "
        'criterion of rule "period", or remove it',
        "unread_period",
        "error",
    )


def _admitted_for_nothing(study: Study) -> Iterator[Doubt]:
    """Names of allow_post_baseline that are used nowhere, or need no admission."""
    matched = {*study.match.covariates, *study.match.exact}
    adjusted = set(study.analysis.adjust)
    split = {subgroup.variable for subgroup in study.analysis.subgroups}
    for section, used in (("match", matched | adjusted), ("analysis", adjusted | split)):
        for number, name in enumerate(getattr(study, section).allow_post_baseline):
            path = (section, "allow_post_baseline", number)
            if name not in used:
                text = f"nothing uses {shown(name)}, so nothing is admitted. Remove it"
                yield Doubt(path, text, _CODE)
            elif not _needs_admission(study, name):
                text = f"{shown(name)} is known at time zero and needs no admission. Remove it"
                yield Doubt(path, text, _CODE)


def _needs_admission(study: Study, name: str) -> bool:
    """Whether a variable follows time zero, or may."""
    outcomes = {variable.name for variable in study.outcomes.variables}
    return name in outcomes or bool(why_late(study, name) or acute_names(study, (name,)))


def _of_another_layout(study: Study) -> Iterator[Doubt]:
    """Keys that the layout omop reads alone."""
    read = _READ_TOO.get(study.extract.layout, ())
    given = [key for key in _OF_OMOP if key not in read and getattr(study.extract, key)]
    for key in given if study.extract.layout in _SHIPPED_OTHERS else ():
        text = f'the layout {study.extract.layout} does not read {key}: it is of layout = "omop"'
        yield Doubt(("extract", key), f"{text}. Remove it, or name that layout", _CODE)
