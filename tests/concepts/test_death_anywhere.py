"""What is known of a death within some days, wherever it was, where the stay alone is asked."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from ehrivig.concepts.follow_up import IN_HOSPITAL, _anywhere, in_hospital
from ehrivig.study import Outcome

SCHEMA = {
    **{"d": pl.Boolean, f"d{IN_HOSPITAL}": pl.Boolean, "stay_end": pl.Int64},
    **{"stay_days": pl.Float64, "days_to_death": pl.Float64},
}


@pytest.mark.parametrize(
    ("cells", "known"),
    [
        ({"d": True}, True),
        ({f"d{IN_HOSPITAL}": True}, True),
        ({"d": False, f"d{IN_HOSPITAL}": True}, True),
        ({}, None),
        ({"d": False}, None),  # discharged, and nobody looked afterwards
        ({"stay_end": 0, "stay_days": 28.0}, False),  # in hospital to the end of the days
        ({"stay_end": 0, "stay_days": 27.9}, None),
        ({"stay_end": 1, "stay_days": 40.0}, None),
        ({"days_to_death": 28.1}, False),  # died later: alive then
        ({"days_to_death": 28.0}, None),
        ({"stay_end": 0, "stay_days": None, "days_to_death": 40.0}, False),
    ],
)
def test_dead_by_then_or_alive_then_or_nobody_knows(
    cells: dict[str, Any], known: bool | None
) -> None:
    frame = pl.DataFrame([dict.fromkeys(SCHEMA) | cells], schema=SCHEMA)
    asked: Any = SimpleNamespace(name="d", within_days=28)
    assert frame.select(_anywhere(asked)).item() is known


@pytest.mark.parametrize(
    ("days", "said"), [(28, " within 28 days"), (1, " within 1 day"), (None, "")]
)
def test_the_words_of_a_death_in_the_hospital(days: int | None, said: str) -> None:
    asked = Outcome.model_validate({"name": "d", "label": "D", "from": "death", "within_days": 28})
    found = in_hospital(asked.model_copy(update={"within_days": days}))
    assert (found.source, found.name, found.within_days) == ("in_hospital_death", "d", days)
    assert found.label == f"Death in hospital{said}"
    assert found.words == f"death in hospital{said}"
