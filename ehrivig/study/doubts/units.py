"""Numbers of the study without a unit, whose tables would not say what is counted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ehrivig.study.doubts.doubt import Doubt
from ehrivig.study.problem import shown
from ehrivig.study.registries import COVARIATES

if TYPE_CHECKING:
    from ehrivig.study.whole import Study


def without_unit(study: Study) -> Iterator[Doubt]:
    """Results and vital signs whose unit the study leaves open: tables then show none."""
    for number, variable in enumerate(study.covariates.variables):
        if variable.unit or not COVARIATES[variable.source].unit:
            continue
        code = variable.code or variable.name
        units = [row["unit"] for row in study.lists.rows("units") if row["variable"] == code]
        if units and units[0] and "" not in units:
            text = f"{shown(variable.label)} is shown in {units[0]}, and no table says so"
            yield Doubt(
                ("covariates", "variables", number, "unit"),
                f'{text}. Write unit = "{units[0]}"',
                "no_unit",
            )
