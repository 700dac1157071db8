"""Lists of others: what their makers decided on each code counts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ehrivig.codes import imports
from ehrivig.codes.kinds import KINDS
from ehrivig.errors import UsageError


def codes(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "asthma.csv"
    path.write_text(text, encoding="utf-8")
    rows = imports.opencodelist(path, KINDS["conditions"], "asthma", "SNOMED", None)
    return [row["code"] for row in rows]


def test_codes_that_are_left_out_are_left_out(tmp_path: Path) -> None:
    status = "code,status,term\n1,+,a\n2,(+),b\n3,-,c\n4,(-),d\n"
    assert codes(tmp_path, status) == ["1", "2"]
    words = "code,term,is_included\n1,a,True\n2,b,False\n3,c,TRUE\n"
    assert codes(tmp_path, words) == ["1", "3"]
    assert codes(tmp_path, "code,term\n1,a\n2,b\n") == ["1", "2"]


@pytest.mark.parametrize("said", ["?", "!", ""])
def test_a_code_that_nobody_decided_on_is_asked_for(tmp_path: Path, said: str) -> None:
    with pytest.raises(UsageError, match="line 3: its status says neither"):
        codes(tmp_path, f"code,status,term\n1,+,a\n2,{said},b\n")


def test_flags_of_a_concept_set_in_words(tmp_path: Path) -> None:
    concept = {"CONCEPT_ID": 1, "VOCABULARY_ID": "RxNorm", "CONCEPT_CODE": "5"}
    path = tmp_path / "set.json"
    path.write_text(json.dumps({"items": [{"concept": concept, "isExcluded": "false"}]}), "utf-8")
    assert not imports.concept_set(path)[0].excluded
    path.write_text(json.dumps({"items": [{"concept": concept, "isExcluded": "maybe"}]}), "utf-8")
    with pytest.raises(UsageError, match="no concept set expression"):
        imports.concept_set(path)
