"""Words that no list knows, and files with more lines than a list can have."""

from __future__ import annotations

import pytest

from ehrivig.codes import SHIPPED, own_lines
from ehrivig.codes.kinds import KINDS
from ehrivig.codes.words import OPEN, read


def test_a_word_that_no_list_knows_is_a_name_or_stays_as_it_is() -> None:
    for column in OPEN:
        assert read(SHIPPED, column, " Some New-Thing ") in ("some_new_thing", "some_new-thing")
        assert read(SHIPPED, column, None) is None
        assert read(SHIPPED, column, "  ") is None
    assert "medication.status" not in OPEN
    assert read(SHIPPED, "medication.status", "Some New Thing") == "Some New Thing"
    assert read(SHIPPED, "medication.status", " GIVEN ") == "given"


@pytest.mark.parametrize(("lines", "refused"), [(3, False), (4, True), (5, True)])
def test_more_lines_than_a_list_can_have(
    monkeypatch: pytest.MonkeyPatch, lines: int, refused: bool
) -> None:
    monkeypatch.setattr(own_lines, "MOST_LINES", 3)
    head = "analyte,vocabulary,code,factor\n"
    content = head + "".join(f"crp,local,code{n},1\n" for n in range(lines))
    problems: list[str] = []
    own_lines.lines_of(content, KINDS["labs"], "labs.csv", problems)
    assert bool(problems) is refused
    assert len(problems) < 2
