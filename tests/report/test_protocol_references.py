"""The references and the people of the protocol."""

from __future__ import annotations

import pytest

from ehrivig.report.protocol import limits
from ehrivig.study import load

LIU = load("ivig_covid19")


@pytest.mark.parametrize("citation", [None, "Doe J. A study. J Stud 2020;1:1."])
def test_the_study_that_is_repeated_is_cited_first(citation: str | None) -> None:
    about = LIU.study.model_copy(update={"citation": citation})
    study = LIU.model_copy(update={"study": about})
    section = next(one for one in limits.sections(study) if one.title == "References")
    first = () if citation is None else (citation,)
    assert section.said == (*first, *limits.REFERENCES)
