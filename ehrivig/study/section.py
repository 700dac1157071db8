"""What every section of the study file is made of."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

LONGEST_HOURS = 24 * 366 * 50
"""No window reaches further: fifty years; beyond that moments leave the calendar."""

SLUG = r"^[a-z][a-z0-9_]*$"
Slug = Annotated[str, Field(pattern=SLUG, max_length=60)]


def _readable(text: str) -> str:
    """Words that a reader sees as they are: not blank, without signs that steer a printer."""
    if text and not text.strip():
        raise ValueError("is blank: write words")
    if any(unicodedata.category(sign) in _UNSEEN for sign in text):
        raise ValueError("holds a sign that nobody sees (a control or direction mark). Remove it")
    return text


_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
Label = Annotated[str, Field(max_length=200), AfterValidator(_readable)]
Words = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_readable)]
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2199, 12, 31))]
Proportion = Annotated[float, Field(ge=0, le=1)]
Hour = Annotated[float, Field(ge=-LONGEST_HOURS, le=LONGEST_HOURS)]
Hours = tuple[Hour, Hour]


class Section(BaseModel):
    """One frozen section of the study file; a key that it does not know is an error.

    Types are held to the letter: text in quotes is no number, 1 is not true, inf is no hour.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, populate_by_name=True, strict=True, allow_inf_nan=False
    )

    @model_validator(mode="before")
    @classmethod
    def _lists_are_tuples(cls, content: Any) -> Any:
        """TOML has lists; frozen sections hold tuples."""
        return _as_tuples(content)


def _as_tuples(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _as_tuples(value) for key, value in content.items()}
    return tuple(map(_as_tuples, content)) if isinstance(content, list) else content
