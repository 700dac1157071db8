"""What stands in the place of an estimate that is not there."""

from __future__ import annotations

import pytest

from ehrivig.stats.no_estimate import hidden, reason, word


@pytest.mark.parametrize(
    ("note", "said", "why"),
    [
        (None, "not shown", "not shown"),
        ("late; a cell is below 5: counts are suppressed", "not shown", None),
        ("no estimate: a cell of pairs is below 5: suppressed", "not shown", None),
        ("no estimate: no event; not shown: few people are in no pair", "not shown", None),
        ("late; no estimate: separation below the median.", "no estimate", "separation below the "),
        ("no estimate: there is no matched pair", "no estimate", "there is no matched pair"),
    ],
)
def test_what_is_hidden_and_what_could_not_be_had(
    note: str | None, said: str, why: str | None
) -> None:
    assert word(note) == said
    assert hidden(note) == (said == "not shown")
    if why is not None:
        assert reason(note).startswith(why)
        assert not reason(note).endswith(".")
