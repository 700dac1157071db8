"""The least that a study file says, for patients who are drawn row by row."""

from __future__ import annotations

import tomllib

from ehrivig import study as studies

BEGIN = """
[study]
title = "Drawn"
name = "drawn"
seed = 1
[study.estimand]
population = "a"
treatment = "b"
comparator = "c"
outcome = "d"
contrast = "e"
[cohort]
criteria = [{ name = "adult", label = "Adult", rule = "age", min = 18 }]
[exposure]
name = "ivig"
label = "IVIG"
codelist = "ivig"
"""
"""What every such study says in the same words: the question, who is eligible, the exposure."""
_ASKING = """
[extract]
extract_date = 2020-06-30
[outcomes]
primary = "death_28d"
variables = [
  {{ name = "death_28d", label = "Death", from = "death", within_days = 28 }},
  {{ name = "asked", label = "Asked", {outcome} }},
]
[covariates]
window_hours = [-24, 24]
{covariates}
variables = [{{ name = "age", label = "Age", from = "age" }}]
[match]
covariates = ["age"]
"""


def asking(outcome: str, covariates: str = "") -> studies.Study:
    """The study with one more outcome, `asked`, and further keys of [covariates]."""
    return parsed(BEGIN + _ASKING.format(outcome=outcome, covariates=covariates))


def parsed(text: str) -> studies.Study:
    """The study of a text."""
    return studies.parse(tomllib.loads(text))
