"""Outcomes that everybody has, and treatments that are the exposure under another list."""

from __future__ import annotations

import tomllib

import polars as pl
import pytest

from ehrivig import study as studies
from ehrivig.analysis.same_drug import same_drug

TEXT = studies.locate("tocilizumab_covid19").read_text(encoding="utf-8")


def codes(primary: str, **columns: list[bool | None]) -> list[tuple[str, str]]:
    """Code and first word of every lint of four people, the first two exposed."""
    content = tomllib.loads(TEXT)
    content["outcomes"]["primary"] = primary
    content["study"]["estimand"].pop("analysis", None)
    content["study"]["estimand"].pop("measure", None)
    plan = studies.parse(content)
    variables = (*plan.outcomes.variables, *plan.covariates.variables)
    people = {variable.name: [False, True, False, True] for variable in variables}
    table = pl.DataFrame({**people, "exposed": [True, True, False, False], **columns})
    found = list(same_drug(table, plan))
    assert all(lint.severity == "error" for lint in found)
    return [(lint.code, lint.message.split(" is ")[0]) for lint in found]


def test_an_outcome_of_everybody_is_an_error() -> None:
    everybody: list[bool | None] = [True, None, True, True]
    assert codes("crrt", crrt=everybody) == [("outcome_of_everybody", "crrt")]
    assert codes("death_28d", crrt=everybody) == []


@pytest.mark.parametrize("name", ["antibiotic", "glucocorticoid_before"])
def test_a_treatment_of_all_exposed_may_be_the_exposure(name: str) -> None:
    exposed: list[bool | None] = [True, True, False, None]
    primary = "antibiotic" if name == "antibiotic" else "death_28d"
    ((code, said),) = codes(primary, **{name: exposed})
    assert code == "exposure_in_variable"
    assert said.startswith(f"all of the exposed have {name}")
    assert codes("death_28d", antiviral_before=exposed) == []  # a row of Table 1 compares nothing
