"""Named dosing regimens, declared in TOML: which drug, how much, over how long, when again.

A regimen is a list of steps. The steps of one drug are followed in their order; a step without a
`week` comes `gap_weeks` after the previous cycle of its drug, a step with a `week` comes that many
weeks after the first dose of the series. `ehrivig.use.adherence` compares a series with a regimen.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ehrivig import resources
from ehrivig.errors import UsageError, many
from ehrivig.study import beside

Basis = Literal["g/kg", "g/kg/day", "g", "g/day", "g/m2"]
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]

CYCLE_GAP_DAYS = 3
"""Doses at most this many days apart belong to one cycle (clinical specification, section 3)."""
GAP_TOLERANCE_DAYS = 7
"""An interval or a week is kept when it is met within this many days."""
DOSE_TOLERANCE = 0.10
"""A dose is kept when it is within this proportion of the target, ends included."""

_MOST_DAYS = 366
"""Of one cycle: nobody plans more days with a dose."""


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Step(_Frozen):
    """One planned cycle of one drug, or a run of equal cycles.

    dose: of the whole cycle, except for a basis per day: of each dose day. dose_days: exact number
    of days with a dose. span_days: first to last day, least and most. gap_weeks: start to start,
    from the previous cycle of the drug; a later step that may be left out needs none: it comes at
    any interval. week: from the first dose of the series. times: least and most repetitions, 0 at
    the end for no most. products: allowed product types, empty for any.
    """

    drug: Slug = "ivig"
    dose: float = Field(gt=0, strict=True, allow_inf_nan=False)
    basis: Basis
    dose_days: int | None = Field(default=None, ge=1, le=_MOST_DAYS)
    span_days: tuple[int, int] | None = None
    gap_weeks: float | None = Field(default=None, gt=0, strict=True, allow_inf_nan=False)
    week: float | None = Field(default=None, ge=0, strict=True, allow_inf_nan=False)
    times: tuple[int, int] = (1, 1)
    products: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Step:
        if self.gap_weeks is not None and self.week is not None:
            raise ValueError("give gap_weeks or week, not both")
        if self.week is not None and self.times != (1, 1):
            raise ValueError("a step with a week happens once")
        if self.per_day and self.dose_days is None:
            raise ValueError(f"basis {self.basis!r} needs dose_days")
        if self.times[0] < 0 or 0 < self.times[1] < max(self.times[0], 1):
            raise ValueError("times is [least, most], most 0 for no end")
        if self.span_days is not None and not 1 <= self.span_days[0] <= self.span_days[1]:
            raise ValueError("span_days is [least, most]")
        return self

    @property
    def needs_weight(self) -> bool:
        """Whether the dose is relative to the body."""
        return self.basis not in ("g", "g/day")

    @property
    def per_day(self) -> bool:
        """Whether the dose is of each dose day, not of the whole cycle."""
        return self.basis.endswith("/day")

    def __str__(self) -> str:
        """The plan in words, e.g. "2 g/kg over 2-5 days, 3 weeks after the last cycle"."""
        words = [f"{self.dose:g} {self.basis}"]
        if self.dose_days is not None:
            words.append(f"on {many(self.dose_days, 'day')}")
        if self.span_days is not None:
            words.append("over {}-{} days".format(*self.span_days))
        if self.products:
            words.append(f"of {' or '.join(self.products)}")
        text = " ".join(words)
        if self.gap_weeks is not None:
            text += f", {many(self.gap_weeks, 'week')} after the last cycle"
        return text + (f", in week {self.week:g}" if self.week is not None else "")


class Regimen(_Frozen):
    """One named regimen.

    onset_within_days: the first dose comes at most this many days after symptom onset.
    """

    name: Slug
    label: str
    onset_within_days: int | None = Field(default=None, ge=0)
    step: tuple[Step, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _steps_can_be_placed(self) -> Regimen:
        for drug in self.drugs:
            steps = self.steps(drug)
            dated = [step.week is not None for step in steps]
            if any(dated) and not all(dated):
                raise ValueError(f"{drug}: give every step a week, or none")
            weeks = [step.week or 0.0 for step in steps]
            if weeks != sorted(weeks):
                raise ValueError(f"{drug}: weeks must rise")
            due = [step for step in steps[1:] if step.times[0] > 0]
            if not any(dated) and any(step.gap_weeks is None for step in due):
                raise ValueError(
                    f"{drug}: every step after the first needs gap_weeks, unless it may be left "
                    "out (times = [0, 0])"
                )
            if not any(dated) and (steps[0].gap_weeks is not None or steps[0].times != (1, 1)):
                raise ValueError(f"{drug}: the first step happens once, without gap_weeks")
        if len(self.drugs) > 1 and any(step.week is None for step in self.step):
            raise ValueError("a regimen of several drugs gives every step a week")
        return self

    @property
    def drugs(self) -> tuple[str, ...]:
        """The drugs of the regimen, in the order of their first step."""
        return tuple(dict.fromkeys(step.drug for step in self.step))

    def steps(self, drug: str) -> tuple[Step, ...]:
        """The planned cycles of one drug, in order."""
        return tuple(step for step in self.step if step.drug == drug)

    @property
    def lookback_days(self) -> int:
        """How long before a first seen dose an earlier cycle could lie; 0 for a single course.

        A series whose observation began later than this before its first dose is left-truncated.
        """
        longest = 0.0
        for drug in self.drugs:
            steps = self.steps(drug)
            weeks = [step.week or 0.0 for step in steps]
            gaps = [later - earlier for earlier, later in pairwise(weeks)]
            longest = max([longest, *gaps, *(step.gap_weeks or 0.0 for step in steps)])
        return round(longest * 7) + GAP_TOLERANCE_DAYS if longest else 0


def packaged() -> list[str]:
    """The names of the regimens that ship with the package."""
    return sorted(path.stem for path in resources.regimens_folder().glob("*.toml"))


def load(name: str | Path) -> Regimen:
    """The regimen in a TOML file or of a packaged name; UsageError lists what is wrong with it."""
    shipped = resources.regimens_folder() / f"{name}.toml"
    path = shipped if shipped.is_file() else Path(name)
    if not path.is_file():
        raise UsageError(
            f"regimen: no file and no packaged regimen {str(name)!r} "
            f"(there are: {', '.join(packaged())}). Give one of these or the path of a TOML file."
        )
    found, problems = beside.read(Regimen, path)
    if found is not None and path != shipped and found.name in packaged():
        problems = [f"name: {found.name!r} is a packaged regimen. Give it another name."]
    if problems or found is None:
        number = many(len(problems), "problem")
        raise UsageError(f"regimen: {path.name} has {number}:\n  {beside.listed(problems)}")
    return found
