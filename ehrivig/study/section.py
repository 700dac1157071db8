"""What every section of the study file is made of."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Label = Annotated[str, Field(max_length=200)]
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2199, 12, 31))]
Proportion = Annotated[float, Field(ge=0, le=1)]
Hours = tuple[float, float]


class Section(BaseModel):
    """One frozen section of the study file; a key that it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def repeated(names: list[str]) -> list[str]:
    """The names that stand in a list more than once, sorted."""
    return sorted({name for name in names if names.count(name) > 1})
